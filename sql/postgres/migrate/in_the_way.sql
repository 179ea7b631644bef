-- Who keeps a table of the five, or one that they refer to, for the longest.
SELECT a.pid, coalesce(nullif(a.application_name, ''), 'unnamed'), a.usename,
       extract(epoch FROM clock_timestamp() - a.xact_start)::bigint
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.granted AND l.pid <> pg_backend_pid() AND l.relation IN (
    SELECT to_regclass('public.' || t) FROM unnest(ARRAY['crawl_attempts', 'page_failures', 'feedback', 'integrations',
        'integration_outbox', 'tenants', 'tenant_sites', 'conversations']) AS t)
ORDER BY a.xact_start
LIMIT 1
