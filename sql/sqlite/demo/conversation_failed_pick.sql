-- A conversation of which a delivery failed already: people ask again.
SELECT conversation_id FROM integration_outbox
WHERE tenant_id = :tenant AND status = 'failed' AND conversation_id IS NOT NULL
ORDER BY id DESC
LIMIT 1;
