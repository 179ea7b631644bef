-- Deleting a conversation deletes its deliveries, so one of which a delivery is not sent yet is kept.
DELETE FROM conversations
WHERE id IN (
    SELECT id FROM conversations AS settled
    WHERE tenant_id = :tenant
        AND NOT EXISTS (SELECT 1 FROM integration_outbox WHERE conversation_id = settled.id AND status <> 'sent')
    ORDER BY created_at DESC, id DESC
    LIMIT -1 OFFSET :keep);
