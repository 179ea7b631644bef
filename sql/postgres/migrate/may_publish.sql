-- Why this role may not make the publication badged; NULL when it may, or when there is one.
SELECT CASE
    WHEN EXISTS (SELECT FROM pg_catalog.pg_publication WHERE pubname = 'badged') THEN NULL
    WHEN NOT has_database_privilege(current_database(), 'CREATE')
        THEN format('role %I may not create publications here: GRANT CREATE ON DATABASE %I TO %I', current_user,
                    current_database(), current_user)
    ELSE (
        SELECT format('%s belongs to %s, and a publication of it is made in that name', c.oid::regclass, c.relowner::regrole)
        FROM unnest(ARRAY['crawl_attempts', 'page_failures', 'feedback', 'integrations', 'integration_outbox']) AS t
        JOIN pg_catalog.pg_class c ON c.oid = to_regclass('public.' || t)
        WHERE NOT pg_has_role(c.relowner, 'USAGE')
        LIMIT 1)
    END
