DELETE FROM feedback
WHERE id IN (
    SELECT id FROM feedback
    WHERE tenant_id = :tenant AND NOT (priority IN ('urgent', 'high') AND resolved_at IS NULL)
    ORDER BY created_at DESC, id DESC
    LIMIT -1 OFFSET :keep);
