-- How much of each kind needs attention now, by which the demonstration steers.
SELECT
    (SELECT count(*) FROM crawl_attempts WHERE tenant_id = :tenant AND status = 'failed' AND can_retry),
    (SELECT count(*) FROM page_failures WHERE tenant_id = :tenant AND NOT is_resolved),
    (SELECT count(*) FROM integration_outbox WHERE tenant_id = :tenant AND status = 'failed'),
    (SELECT count(*) FROM feedback
        WHERE tenant_id = :tenant AND priority IN ('urgent', 'high') AND resolved_at IS NULL),
    (SELECT count(*) FROM integrations WHERE tenant_id = :tenant AND status IN ('error', 'disabled'));
