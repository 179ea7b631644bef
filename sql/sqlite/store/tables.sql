-- What pg_tables would say of the tables that badges count, as one JSON list.
SELECT json_group_array(json_object('schemaname', 'main', 'tablename', s.name,
    'hasindexes', json(iif(EXISTS (SELECT 1 FROM pragma_index_list(s.name)), 'true', 'false')),
    'hasrules', json('false'),
    'hastriggers', json(iif(EXISTS (SELECT 1 FROM sqlite_schema t WHERE t.type = 'trigger' AND t.tbl_name = s.name),
                            'true', 'false'))))
FROM (SELECT name FROM sqlite_schema
      WHERE type = 'table' AND name IN ('crawl_attempts', 'page_failures', 'feedback', 'integrations', 'integration_outbox')
      ORDER BY name) AS s
