-- What badged loads from the tables of bench/postgres.sql: the same columns of the same rows.
COPY (SELECT tenant_id, status, can_retry, id FROM crawl_attempts WHERE status = 'failed' AND can_retry) TO STDOUT;
COPY (SELECT tenant_id, is_resolved, id FROM page_failures WHERE NOT is_resolved) TO STDOUT;
COPY (SELECT tenant_id, status, conversation_id, id FROM integration_outbox
    WHERE (status = 'failed' AND conversation_id IS NOT NULL) OR (status = 'failed')) TO STDOUT;
COPY (SELECT tenant_id, priority, resolved_at, id FROM feedback
    WHERE priority IN ('urgent', 'high') AND resolved_at IS NULL) TO STDOUT;
COPY (SELECT tenant_id, status, id FROM integrations WHERE status IN ('error', 'disabled')) TO STDOUT;
