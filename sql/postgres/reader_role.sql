-- The role that badged reads as: it may follow changes and read the columns that the built-in badges need, and can
-- change nothing. Run it with `psql -f` as a superuser, or as the administrator that a provider gives you. It may be run
-- again. Give the role a password afterwards, for instance with psql's \password badged_reader.

DO $$
BEGIN
    -- Nothing that somebody put into another schema takes the place of what is meant.
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog', true);
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'badged_reader') THEN
        CREATE ROLE badged_reader LOGIN;
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO badged_reader', current_database());
END
$$;

-- To follow changes. Amazon RDS and Aurora have a role that stands for the right.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'rds_replication') THEN
        GRANT rds_replication TO badged_reader;
    ELSE
        ALTER ROLE badged_reader REPLICATION;
    END IF;
END
$$;

-- To count the rows of all tenants, whatever row security hides from others. Where nobody may grant this and a table has
-- policies, `badged check` says so.
DO $$
BEGIN
    ALTER ROLE badged_reader BYPASSRLS;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'badged_reader is not exempt from row security: this role may not grant BYPASSRLS';
END
$$;

-- To read what badges count, and nothing else.
GRANT USAGE ON SCHEMA public TO badged_reader;
GRANT SELECT (id, tenant_id, status, can_retry) ON public.crawl_attempts TO badged_reader;
GRANT SELECT (id, tenant_id, is_resolved) ON public.page_failures TO badged_reader;
GRANT SELECT (id, tenant_id, conversation_id, status) ON public.integration_outbox TO badged_reader;
GRANT SELECT (id, tenant_id, priority, resolved_at) ON public.feedback TO badged_reader;
GRANT SELECT (id, tenant_id, status) ON public.integrations TO badged_reader;
