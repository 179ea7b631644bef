-- One that works (:broken 0) or one that needs mending (:broken 1).
SELECT id, provider, name FROM integrations
WHERE tenant_id = :tenant AND (status IN ('error', 'disabled')) = :broken
ORDER BY rowid
LIMIT 1 OFFSET :random % (SELECT max(1, count(*)) FROM integrations
    WHERE tenant_id = :tenant AND (status IN ('error', 'disabled')) = :broken);
