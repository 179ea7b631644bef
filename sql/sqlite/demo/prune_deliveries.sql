DELETE FROM integration_outbox
WHERE id IN (
    SELECT id FROM integration_outbox WHERE tenant_id = :tenant AND status = 'sent'
    ORDER BY created_at DESC, id DESC
    LIMIT -1 OFFSET :keep);
