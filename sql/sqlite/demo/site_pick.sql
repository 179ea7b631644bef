SELECT id, domain FROM tenant_sites
WHERE tenant_id = :tenant
ORDER BY rowid
LIMIT 1 OFFSET :random % (SELECT max(1, count(*)) FROM tenant_sites WHERE tenant_id = :tenant);
