-- One index a source, of the rows that match its predicate and of no others, as sql/sqlite/001_tables.sql has them; made
-- after the rows are there. The VACUUM lets Postgres count from the index alone.

CREATE INDEX crawl_attempts_retryable ON crawl_attempts (tenant_id, created_at, id)
    WHERE status = 'failed' AND can_retry;
CREATE INDEX page_failures_unresolved ON page_failures (tenant_id, created_at, id)
    WHERE NOT is_resolved;
CREATE INDEX integration_outbox_failed_conversations ON integration_outbox (tenant_id, conversation_id, created_at)
    WHERE status = 'failed' AND conversation_id IS NOT NULL;
CREATE INDEX feedback_pressing ON feedback (tenant_id, created_at, id)
    WHERE priority IN ('urgent', 'high') AND resolved_at IS NULL;
CREATE INDEX integrations_broken ON integrations (tenant_id, created_at, id)
    WHERE status IN ('error', 'disabled');
CREATE INDEX integration_outbox_failed ON integration_outbox (tenant_id, created_at)
    WHERE status = 'failed';

VACUUM ANALYZE;
CHECKPOINT;
