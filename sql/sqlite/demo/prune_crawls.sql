-- Deleting a crawl deletes its page failures, so one of which a page still waits is kept.
DELETE FROM crawl_attempts
WHERE id IN (
    SELECT id FROM crawl_attempts AS settled
    WHERE tenant_id = :tenant AND status IN ('success', 'failed', 'skipped') AND NOT (status = 'failed' AND can_retry)
        AND NOT EXISTS (SELECT 1 FROM page_failures WHERE crawl_attempt_id = settled.id AND NOT is_resolved)
    ORDER BY created_at DESC, id DESC
    LIMIT -1 OFFSET :keep);
