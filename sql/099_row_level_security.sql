-- Row level security for the five badge tables: a session sees and writes the rows of the tenant that it names, and
-- without a name none. Opt-in: `badged migrate up --to 99`, `psql -f`, or pasted into an SQL editor, by the owner of the
-- tables. It may be run again.
--
-- A session names its tenant for one transaction with
--     SELECT set_config('app.current_tenant_id', '0b9dd3c2-6e0c-4a9c-9f6c-0d6c8a6f1a01', true);
-- The owner of the tables is held to it as well (FORCE); superusers and roles with BYPASSRLS are not. badged reads the
-- rows of all tenants, so its role needs BYPASSRLS: `badged check` says whether it has it.
--
-- Other policies stay as they are, and a row that one of them lets through is let through. At the end a test tries the
-- policies out, and when they do not hold nothing of this is kept. It makes rows of two tenants, and takes them back.

BEGIN;

SET LOCAL lock_timeout = '400ms';

DO $badged$
DECLARE
    relation text;
BEGIN
    FOREACH relation IN ARRAY ARRAY['crawl_attempts', 'page_failures', 'feedback', 'integrations', 'integration_outbox'] LOOP
        IF NOT (SELECT c.relrowsecurity AND c.relforcerowsecurity FROM pg_catalog.pg_class c
                WHERE c.oid = ('public.' || relation)::regclass) THEN
            EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', relation);
        END IF;
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_policy p
                       WHERE p.polrelid = ('public.' || relation)::regclass AND p.polname = 'badged_tenant') THEN
            -- As a subquery it is computed once a statement, not once a row. A setting that is not there is NULL, one
            -- that a transaction left is empty, and both equal nothing.
            EXECUTE format($policy$
                CREATE POLICY badged_tenant ON public.%I
                    USING (tenant_id = (SELECT nullif(current_setting('app.current_tenant_id', true), '')::uuid))
                    WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.current_tenant_id', true), '')::uuid))
                $policy$, relation);
        END IF;
    END LOOP;
END
$badged$;

-- The test. All that it does is undone by the exception that ends it.
DO $badged$
DECLARE
    a uuid := gen_random_uuid();
    b uuid := gen_random_uuid();
    is_exempt boolean;
    role name := 'badged_rls_test_' || pg_backend_pid();
    relation text;
    fault text;
    seen bigint;
    tables constant text[] := ARRAY['crawl_attempts', 'page_failures', 'feedback', 'integrations', 'integration_outbox'];
BEGIN
    SELECT r.rolsuper OR r.rolbypassrls INTO is_exempt FROM pg_catalog.pg_roles r WHERE r.rolname = current_user;
    BEGIN
        SET LOCAL row_security = on;
        BEGIN
            INSERT INTO public.tenants (id, name, slug) SELECT t, 'test', 'badged-test-' || t FROM unnest(ARRAY[a, b]) AS t;
            FOREACH relation IN ARRAY ARRAY[a::text, b::text] LOOP
                PERFORM set_config('app.current_tenant_id', relation, true);
                INSERT INTO public.crawl_attempts (tenant_id, source_url, status) VALUES (relation::uuid, 'test', 'failed');
                INSERT INTO public.page_failures (tenant_id, crawl_attempt_id, page_url)
                SELECT tenant_id, id, 'test' FROM public.crawl_attempts WHERE tenant_id = relation::uuid LIMIT 1;
                INSERT INTO public.feedback (tenant_id, title) VALUES (relation::uuid, 'test');
                INSERT INTO public.integrations (tenant_id, provider, name) VALUES (relation::uuid, 'test', 'test');
                INSERT INTO public.integration_outbox (tenant_id, provider) VALUES (relation::uuid, 'test');
            END LOOP;
        EXCEPTION WHEN OTHERS THEN
            RAISE NOTICE 'rows to test with could not be made (%), so the policies were tried on the rows that there are', SQLERRM;
        END;
        IF is_exempt THEN
            -- Whoever runs this sees everything, so somebody has to be made who does not.
            IF NOT (SELECT r.rolsuper OR r.rolcreaterole FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) THEN
                RAISE EXCEPTION 'role % sees all rows, and may not create a role that does not, so it cannot try the policies out: run this as another owner of the tables, or as a role with CREATEROLE', quote_ident(current_user)
                    USING ERRCODE = 'insufficient_privilege';
            END IF;
            EXECUTE format('CREATE ROLE %I', role);
            EXECUTE format('GRANT %I TO %I', role, current_user);
            EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', role);
            FOREACH relation IN ARRAY tables LOOP
                EXECUTE format('GRANT SELECT, UPDATE ON public.%I TO %I', relation, role);
            END LOOP;
            EXECUTE format('SET LOCAL ROLE %I', role);
        END IF;
        FOREACH relation IN ARRAY tables LOOP
            PERFORM set_config('app.current_tenant_id', '', true);
            EXECUTE format('SELECT count(*) FROM (SELECT FROM public.%I LIMIT 1) AS r', relation) INTO seen;
            IF seen > 0 THEN
                fault := format('public.%s shows rows to a session that names no tenant', relation);
            END IF;
            PERFORM set_config('app.current_tenant_id', a::text, true);
            EXECUTE format('SELECT count(*) FROM (SELECT FROM public.%I WHERE tenant_id <> %L LIMIT 1) AS r', relation, a) INTO seen;
            IF seen > 0 THEN
                fault := format('public.%s shows one tenant the rows of another', relation);
            END IF;
            BEGIN
                -- A check that lets a row go to another tenant would let it be given away.
                EXECUTE format('UPDATE public.%I SET tenant_id = %L WHERE tenant_id = %L', relation, b, a);
                GET DIAGNOSTICS seen = ROW_COUNT;
                IF seen > 0 THEN
                    fault := format('public.%s lets one tenant write rows of another', relation);
                END IF;
            EXCEPTION WHEN insufficient_privilege THEN
                NULL; -- as it should be
            END;
        END LOOP;
        RAISE EXCEPTION USING ERRCODE = 'BD000', MESSAGE = coalesce(fault, '');
    EXCEPTION WHEN SQLSTATE 'BD000' THEN
        fault := SQLERRM;
    END;
    IF fault <> '' THEN
        RAISE EXCEPTION 'row level security does not hold: %. Another policy of that table lets them through: SELECT * FROM pg_policies shows which', fault
            USING ERRCODE = 'check_violation';
    END IF;
END
$badged$;

COMMIT;
