SELECT id, provider, json_extract(payload, '$.question') FROM integration_outbox
WHERE tenant_id = :tenant AND status = 'failed'
ORDER BY id
LIMIT 1 OFFSET :random % (SELECT max(1, count(*)) FROM integration_outbox
    WHERE tenant_id = :tenant AND status = 'failed');
