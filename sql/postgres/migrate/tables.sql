-- The classic verification query, as one JSON list.
SELECT coalesce(jsonb_agg(jsonb_build_object('schemaname', t.schemaname, 'tablename', t.tablename, 'hasindexes',
    t.hasindexes, 'hasrules', t.hasrules, 'hastriggers', t.hastriggers) ORDER BY t.tablename), '[]')
FROM pg_catalog.pg_tables t
WHERE t.schemaname = 'public' AND t.tablename IN ('crawl_attempts', 'page_failures', 'feedback', 'integrations',
                                                  'integration_outbox')
