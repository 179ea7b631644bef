SELECT id, provider, json_extract(payload, '$.question') FROM integration_outbox
WHERE tenant_id = :tenant AND status = 'pending'
ORDER BY id
LIMIT 1;
