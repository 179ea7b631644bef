DELETE FROM page_failures
WHERE id IN (
    SELECT id FROM page_failures WHERE tenant_id = :tenant AND is_resolved
    ORDER BY created_at DESC, id DESC
    LIMIT -1 OFFSET :keep);
