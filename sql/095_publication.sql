-- What badged follows: the tables of the built-in badges, with the columns that those need. Run it with `psql -f`, paste
-- it into an SQL editor, or let `badged migrate up` run it, as the owner of the tables, who needs CREATE on the
-- database. It may be run again; a publication of that name is left as it is, and `badged check` says what it lacks.
-- For badges of your own, `badged check` prints the statement.

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_publication WHERE pubname = 'badged') THEN
        RAISE NOTICE 'there is a publication named badged already';
    ELSIF current_setting('server_version_num')::int >= 150000 THEN
        EXECUTE $sql$
            CREATE PUBLICATION badged FOR TABLE
                public.crawl_attempts (id, tenant_id, status, can_retry),
                public.page_failures (id, tenant_id, is_resolved),
                public.integration_outbox (id, tenant_id, conversation_id, status),
                public.feedback (id, tenant_id, priority, resolved_at),
                public.integrations (id, tenant_id, status);
        $sql$;
    ELSE -- Postgres 14 has no lists of columns
        CREATE PUBLICATION badged FOR TABLE public.crawl_attempts, public.page_failures, public.integration_outbox,
            public.feedback, public.integrations;
    END IF;
END
$$;
