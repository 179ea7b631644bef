-- The tables of the two crawl badges alone: attempts, and pages that could not be read.
-- Run it with `psql -f`, paste it into an SQL editor, or let `badged migrate up` run it. Postgres 14 or newer.
--
-- It may be run again, and on tables that were there before: it adds the columns, indexes, triggers and comments that
-- they lack, and never drops, narrows or rewrites what they have. Where nothing is lacking it takes no lock on them.
-- It needs CREATE on the schema public, REFERENCES on the tables referred to, and to own the tables that lack something.
-- An index on a large table keeps its writers waiting while it is built. `badged migrate up` builds such indexes
-- afterwards, and keeps nobody waiting: the setting badged.large_table_bytes leaves them out here.
--
-- Made by script/tables from sql/postgres/tables: change it there.

BEGIN;

-- Who waits for a table makes everybody behind it wait. Where it is busy, this gives up soon: run it again.
SET LOCAL lock_timeout = '400ms';

-- Nothing that somebody put into another schema takes the place of what is meant.
SET LOCAL search_path = pg_catalog;

-- What is in the way is said before anything is done.
DO $badged$
DECLARE
    base text;
    is_new boolean;
    kind "char";
    reference record;
BEGIN
    IF NOT (has_schema_privilege('public', 'USAGE') AND has_schema_privilege('public', 'CREATE')) THEN
        RAISE EXCEPTION 'role % may not create tables in schema public: its owner runs GRANT %CREATE ON SCHEMA public TO %',
                quote_ident(current_user), CASE WHEN has_schema_privilege('public', 'USAGE') THEN '' ELSE 'USAGE, ' END,
                quote_ident(current_user)
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT bool_or(to_regclass('public.' || t) IS NULL) INTO is_new FROM unnest(ARRAY['crawl_attempts', 'page_failures']) AS t;
    FOREACH base IN ARRAY ARRAY['tenants', 'tenant_sites'] LOOP
        IF to_regclass('public.' || base) IS NULL THEN
            RAISE EXCEPTION 'relation "public.%" does not exist, and badge tables refer to it: make it first, or run 060_base_tables.sql', base
                USING ERRCODE = 'undefined_table';
        END IF;
        IF is_new AND NOT has_any_column_privilege('public.' || base, 'REFERENCES') THEN
            RAISE EXCEPTION 'role % may not refer to public.%: its owner runs GRANT REFERENCES ON public.% TO %',
                    quote_ident(current_user), base, base, quote_ident(current_user)
                USING ERRCODE = 'insufficient_privilege';
        END IF;
    END LOOP;
    FOR reference IN
        SELECT l.name, l.refers_to FROM (VALUES ('crawl_attempts', 'tenants'), ('crawl_attempts', 'tenant_sites'), ('page_failures', 'crawl_attempts'), ('page_failures', 'tenants')) AS l (name, refers_to)
        WHERE to_regclass('public.' || l.name) IS NULL AND to_regclass('public.' || l.refers_to) IS NOT NULL
    LOOP
        IF NOT EXISTS (
            SELECT FROM pg_catalog.pg_index i
            JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            WHERE i.indrelid = to_regclass('public.' || reference.refers_to) AND i.indisunique AND i.indimmediate
              AND i.indnkeyatts = 1 AND i.indpred IS NULL AND a.attname = 'id' AND a.atttypid = 'uuid'::regtype) THEN
            RAISE EXCEPTION 'public.% has no column id of type uuid that is its primary key, or unique: public.%, which is not there, refers to that. Make a table % of your own, or map its badges to another in badged.yaml',
                    reference.refers_to, reference.name, reference.name
                USING ERRCODE = 'datatype_mismatch';
        END IF;
    END LOOP;
    FOREACH base IN ARRAY ARRAY['crawl_attempts', 'page_failures'] LOOP
        SELECT c.relkind INTO kind FROM pg_catalog.pg_class c WHERE c.oid = to_regclass('public.' || base);
        IF kind NOT IN ('r', 'p') THEN
            RAISE EXCEPTION 'public.% is not a table: rename it, or map the badges to the table behind it', base
                USING ERRCODE = 'wrong_object_type';
        END IF;
    END LOOP;
    IF to_regprocedure('public.badged_set_updated_at()') IS NULL THEN
        CREATE FUNCTION public.badged_set_updated_at() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $body$
        BEGIN
            -- An update that sets it itself knows better.
            IF NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at THEN
                NEW.updated_at := now();
            END IF;
            RETURN NEW;
        END
        $body$;
        COMMENT ON FUNCTION public.badged_set_updated_at() IS 'Keeps updated_at, for triggers of badged.';
    END IF;
END
$badged$;

-- One try at crawling a source. Counted in knowledge.sources while it is failed and can be retried.
CREATE TABLE IF NOT EXISTS public.crawl_attempts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    -- A site that is gone cannot be crawled again, so its failed crawls must not wait for a retry.
    site_id uuid REFERENCES public.tenant_sites (id) ON DELETE CASCADE,
    source_url text NOT NULL,
    source_type text NOT NULL DEFAULT 'url' CHECK (source_type IN ('url', 'sitemap', 'manual')),
    -- The attempt that this one replaces, or the job that both belong to.
    parent_job_id uuid,
    attempt_number integer NOT NULL DEFAULT 1 CHECK (attempt_number >= 1),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'crawling', 'success', 'failed', 'skipped')),
    pages_found integer NOT NULL DEFAULT 0,
    pages_crawled integer NOT NULL DEFAULT 0,
    pages_failed integer NOT NULL DEFAULT 0,
    pages_skipped integer NOT NULL DEFAULT 0,
    error_type text CHECK (error_type IN ('network', 'auth', 'conflict', 'timeout', 'server', 'parsing')),
    error_code text,
    error_message text,
    error_details jsonb,
    -- False once another attempt took its place: it stays failed, and is counted no more.
    can_retry boolean NOT NULL DEFAULT true,
    retry_after timestamptz,
    max_retries integer NOT NULL DEFAULT 3,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    completed_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    duration_ms bigint,
    bytes_processed bigint
);

-- A page that an attempt could not read. Counted in knowledge.crawlFailures until it is resolved.
CREATE TABLE IF NOT EXISTS public.page_failures (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    crawl_attempt_id uuid NOT NULL REFERENCES public.crawl_attempts (id) ON DELETE CASCADE,
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    page_url text NOT NULL,
    page_title text,
    error_type text
        CHECK (error_type IN ('network', 'auth', 'conflict', 'timeout', 'server', 'parsing', 'content')),
    error_code text,
    error_message text,
    error_details jsonb,
    attempt_number integer NOT NULL DEFAULT 1 CHECK (attempt_number >= 1),
    user_agent text,
    referrer text,
    is_resolved boolean NOT NULL DEFAULT false,
    resolution_notes text,
    resolved_at timestamptz,
    resolved_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- What tables lack that were there before, and what the statements above leave to be added. Checks and NOT NULL without
-- a default are for new tables only: rows that are there need not satisfy them.
DO $badged$
DECLARE
    step record;
    is_lacking boolean;
    -- Conversations may be somewhere else, or have other keys.
    can_refer boolean := has_any_column_privilege(to_regclass('public.conversations'), 'REFERENCES') AND EXISTS (
        SELECT FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = to_regclass('public.conversations') AND i.indisunique AND i.indimmediate
          AND i.indnkeyatts = 1 AND i.indpred IS NULL AND a.attname = 'id' AND a.atttypid = 'uuid'::regtype);
BEGIN
    FOR step IN
        SELECT w.*, c.oid, c.relkind, pg_has_role(c.relowner, 'USAGE') AS is_mine, c.relowner::regrole AS owner
        FROM (VALUES
            (1, 'crawl_attempts', 'column', 'tenant_id', 'ALTER TABLE public.crawl_attempts ADD COLUMN tenant_id uuid REFERENCES public.tenants (id) ON DELETE CASCADE', ''),
            (2, 'crawl_attempts', 'column', 'site_id', 'ALTER TABLE public.crawl_attempts ADD COLUMN site_id uuid REFERENCES public.tenant_sites (id) ON DELETE CASCADE', ''),
            (3, 'crawl_attempts', 'column', 'source_url', 'ALTER TABLE public.crawl_attempts ADD COLUMN source_url text', ''),
            (4, 'crawl_attempts', 'column', 'source_type', 'ALTER TABLE public.crawl_attempts ADD COLUMN source_type text NOT NULL DEFAULT ''url''', ''),
            (5, 'crawl_attempts', 'column', 'parent_job_id', 'ALTER TABLE public.crawl_attempts ADD COLUMN parent_job_id uuid', ''),
            (6, 'crawl_attempts', 'column', 'attempt_number', 'ALTER TABLE public.crawl_attempts ADD COLUMN attempt_number integer NOT NULL DEFAULT 1', ''),
            (7, 'crawl_attempts', 'column', 'status', 'ALTER TABLE public.crawl_attempts ADD COLUMN status text NOT NULL DEFAULT ''pending''', ''),
            (8, 'crawl_attempts', 'column', 'pages_found', 'ALTER TABLE public.crawl_attempts ADD COLUMN pages_found integer NOT NULL DEFAULT 0', ''),
            (9, 'crawl_attempts', 'column', 'pages_crawled', 'ALTER TABLE public.crawl_attempts ADD COLUMN pages_crawled integer NOT NULL DEFAULT 0', ''),
            (10, 'crawl_attempts', 'column', 'pages_failed', 'ALTER TABLE public.crawl_attempts ADD COLUMN pages_failed integer NOT NULL DEFAULT 0', ''),
            (11, 'crawl_attempts', 'column', 'pages_skipped', 'ALTER TABLE public.crawl_attempts ADD COLUMN pages_skipped integer NOT NULL DEFAULT 0', ''),
            (12, 'crawl_attempts', 'column', 'error_type', 'ALTER TABLE public.crawl_attempts ADD COLUMN error_type text', ''),
            (13, 'crawl_attempts', 'column', 'error_code', 'ALTER TABLE public.crawl_attempts ADD COLUMN error_code text', ''),
            (14, 'crawl_attempts', 'column', 'error_message', 'ALTER TABLE public.crawl_attempts ADD COLUMN error_message text', ''),
            (15, 'crawl_attempts', 'column', 'error_details', 'ALTER TABLE public.crawl_attempts ADD COLUMN error_details jsonb', ''),
            (16, 'crawl_attempts', 'column', 'can_retry', 'ALTER TABLE public.crawl_attempts ADD COLUMN can_retry boolean NOT NULL DEFAULT true', ''),
            (17, 'crawl_attempts', 'column', 'retry_after', 'ALTER TABLE public.crawl_attempts ADD COLUMN retry_after timestamptz', ''),
            (18, 'crawl_attempts', 'column', 'max_retries', 'ALTER TABLE public.crawl_attempts ADD COLUMN max_retries integer NOT NULL DEFAULT 3', ''),
            (19, 'crawl_attempts', 'column', 'created_at', 'ALTER TABLE public.crawl_attempts ADD COLUMN created_at timestamptz NOT NULL DEFAULT now()', ''),
            (20, 'crawl_attempts', 'column', 'started_at', 'ALTER TABLE public.crawl_attempts ADD COLUMN started_at timestamptz', ''),
            (21, 'crawl_attempts', 'column', 'completed_at', 'ALTER TABLE public.crawl_attempts ADD COLUMN completed_at timestamptz', ''),
            (22, 'crawl_attempts', 'column', 'updated_at', 'ALTER TABLE public.crawl_attempts ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now()', ''),
            (23, 'crawl_attempts', 'column', 'duration_ms', 'ALTER TABLE public.crawl_attempts ADD COLUMN duration_ms bigint', ''),
            (24, 'crawl_attempts', 'column', 'bytes_processed', 'ALTER TABLE public.crawl_attempts ADD COLUMN bytes_processed bigint', ''),
            (25, 'crawl_attempts', 'index', 'crawl_attempts_retryable', 'CREATE INDEX crawl_attempts_retryable ON public.crawl_attempts (tenant_id, created_at, id) WHERE status = ''failed'' AND can_retry', ''),
            (26, 'crawl_attempts', 'index', 'crawl_attempts_list', 'CREATE INDEX crawl_attempts_list ON public.crawl_attempts (tenant_id, created_at, id)', ''),
            (27, 'crawl_attempts', 'index', 'crawl_attempts_site', 'CREATE INDEX crawl_attempts_site ON public.crawl_attempts (site_id) WHERE site_id IS NOT NULL', ''),
            (28, 'crawl_attempts', 'trigger', 'crawl_attempts_updated_at', 'CREATE TRIGGER crawl_attempts_updated_at BEFORE UPDATE ON public.crawl_attempts FOR EACH ROW EXECUTE FUNCTION public.badged_set_updated_at()', ''),
            (29, 'crawl_attempts', 'comment', '', 'COMMENT ON TABLE public.crawl_attempts IS ''One try at crawling a source. Counted in knowledge.sources while it is failed and can be retried.''', ''),
            (30, 'crawl_attempts', 'comment', 'site_id', 'COMMENT ON COLUMN public.crawl_attempts.site_id IS ''A site that is gone cannot be crawled again, so its failed crawls must not wait for a retry.''', ''),
            (31, 'crawl_attempts', 'comment', 'parent_job_id', 'COMMENT ON COLUMN public.crawl_attempts.parent_job_id IS ''The attempt that this one replaces, or the job that both belong to.''', ''),
            (32, 'crawl_attempts', 'comment', 'can_retry', 'COMMENT ON COLUMN public.crawl_attempts.can_retry IS ''False once another attempt took its place: it stays failed, and is counted no more.''', ''),
            (33, 'page_failures', 'column', 'crawl_attempt_id', 'ALTER TABLE public.page_failures ADD COLUMN crawl_attempt_id uuid REFERENCES public.crawl_attempts (id) ON DELETE CASCADE', ''),
            (34, 'page_failures', 'column', 'tenant_id', 'ALTER TABLE public.page_failures ADD COLUMN tenant_id uuid REFERENCES public.tenants (id) ON DELETE CASCADE', ''),
            (35, 'page_failures', 'column', 'page_url', 'ALTER TABLE public.page_failures ADD COLUMN page_url text', ''),
            (36, 'page_failures', 'column', 'page_title', 'ALTER TABLE public.page_failures ADD COLUMN page_title text', ''),
            (37, 'page_failures', 'column', 'error_type', 'ALTER TABLE public.page_failures ADD COLUMN error_type text', ''),
            (38, 'page_failures', 'column', 'error_code', 'ALTER TABLE public.page_failures ADD COLUMN error_code text', ''),
            (39, 'page_failures', 'column', 'error_message', 'ALTER TABLE public.page_failures ADD COLUMN error_message text', ''),
            (40, 'page_failures', 'column', 'error_details', 'ALTER TABLE public.page_failures ADD COLUMN error_details jsonb', ''),
            (41, 'page_failures', 'column', 'attempt_number', 'ALTER TABLE public.page_failures ADD COLUMN attempt_number integer NOT NULL DEFAULT 1', ''),
            (42, 'page_failures', 'column', 'user_agent', 'ALTER TABLE public.page_failures ADD COLUMN user_agent text', ''),
            (43, 'page_failures', 'column', 'referrer', 'ALTER TABLE public.page_failures ADD COLUMN referrer text', ''),
            (44, 'page_failures', 'column', 'is_resolved', 'ALTER TABLE public.page_failures ADD COLUMN is_resolved boolean NOT NULL DEFAULT false', ''),
            (45, 'page_failures', 'column', 'resolution_notes', 'ALTER TABLE public.page_failures ADD COLUMN resolution_notes text', ''),
            (46, 'page_failures', 'column', 'resolved_at', 'ALTER TABLE public.page_failures ADD COLUMN resolved_at timestamptz', ''),
            (47, 'page_failures', 'column', 'resolved_by', 'ALTER TABLE public.page_failures ADD COLUMN resolved_by text', ''),
            (48, 'page_failures', 'column', 'created_at', 'ALTER TABLE public.page_failures ADD COLUMN created_at timestamptz NOT NULL DEFAULT now()', ''),
            (49, 'page_failures', 'column', 'updated_at', 'ALTER TABLE public.page_failures ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now()', ''),
            (50, 'page_failures', 'index', 'page_failures_unresolved', 'CREATE INDEX page_failures_unresolved ON public.page_failures (tenant_id, created_at, id) WHERE NOT is_resolved', ''),
            (51, 'page_failures', 'index', 'page_failures_list', 'CREATE INDEX page_failures_list ON public.page_failures (tenant_id, created_at, id)', ''),
            (52, 'page_failures', 'index', 'page_failures_crawl_attempt', 'CREATE INDEX page_failures_crawl_attempt ON public.page_failures (crawl_attempt_id)', ''),
            (53, 'page_failures', 'trigger', 'page_failures_updated_at', 'CREATE TRIGGER page_failures_updated_at BEFORE UPDATE ON public.page_failures FOR EACH ROW EXECUTE FUNCTION public.badged_set_updated_at()', ''),
            (54, 'page_failures', 'comment', '', 'COMMENT ON TABLE public.page_failures IS ''A page that an attempt could not read. Counted in knowledge.crawlFailures until it is resolved.''', '')
        ) AS w (place, relation, kind, name, statement, reference)
        JOIN pg_catalog.pg_class c ON c.oid = to_regclass('public.' || w.relation)
        ORDER BY w.place
    LOOP
        is_lacking := CASE step.kind
            WHEN 'column' THEN NOT EXISTS (
                SELECT FROM pg_catalog.pg_attribute a
                WHERE a.attrelid = step.oid AND a.attname = step.name AND NOT a.attisdropped)
            -- One of another name will do. What is left out of a large table is built afterwards, on each partition
            -- of a partitioned one, and then nothing is left to do but to put one above them.
            WHEN 'index' THEN NOT EXISTS (
                SELECT x.indexrelid, x.indisvalid
                FROM pg_catalog.pg_index x
                JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
                JOIN pg_catalog.pg_am method ON method.oid = i.relam AND method.amname = 'btree'
                CROSS JOIN LATERAL (
                    SELECT string_to_array(substring(step.statement FROM '\(([^()]+)\)'), ', ') AS names,
                           regexp_replace(regexp_replace(coalesce(substring(step.statement FROM ' WHERE (.*)$'), ''),
                               ' IN \(([^()]*)\)', '= ANY (ARRAY[\1])', 'g'), '[()\s]', '', 'g') AS predicate) AS wish
                WHERE x.indrelid = step.oid
                  AND wish.names = ARRAY(
                      SELECT a.attname::text
                      FROM unnest(x.indkey) WITH ORDINALITY AS k (attnum, n)
                      JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
                      WHERE k.n <= least(x.indnkeyatts, cardinality(wish.names)) ORDER BY k.n)
                  AND (SELECT count(DISTINCT o.flags) FROM unnest(x.indoption) WITH ORDINALITY AS o (flags, n)
                       WHERE o.n BETWEEN 2 AND cardinality(wish.names)) <= 1
                  AND wish.predicate = coalesce(regexp_replace(pg_get_expr(x.indpred, x.indrelid),
                      '::(character varying|"[^"]+"|[\w.]+)(\(\d+\))?(\[\])*|[()\s]', '', 'g'), '')
                ) AND (coalesce((
                    SELECT sum(pg_relation_size(t.relid)) FROM pg_partition_tree(step.oid) AS t),
                    pg_relation_size(step.oid))
                        < coalesce(nullif(current_setting('badged.large_table_bytes', true), '')::bigint, 9223372036854775807)
                OR step.relkind = 'p' AND NOT EXISTS (
                    SELECT FROM pg_partition_tree(step.oid) AS t
                    JOIN pg_catalog.pg_class l ON l.oid = t.relid AND l.relkind = 'r'
                    WHERE NOT EXISTS (
                        SELECT x.indexrelid, x.indisvalid
                        FROM pg_catalog.pg_index x
                        JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
                        JOIN pg_catalog.pg_am method ON method.oid = i.relam AND method.amname = 'btree'
                        CROSS JOIN LATERAL (
                            SELECT string_to_array(substring(step.statement FROM '\(([^()]+)\)'), ', ') AS names,
                                   regexp_replace(regexp_replace(coalesce(substring(step.statement FROM ' WHERE (.*)$'), ''),
                                       ' IN \(([^()]*)\)', '= ANY (ARRAY[\1])', 'g'), '[()\s]', '', 'g') AS predicate) AS wish
                        WHERE x.indrelid = l.oid
                          AND wish.names = ARRAY(
                              SELECT a.attname::text
                              FROM unnest(x.indkey) WITH ORDINALITY AS k (attnum, n)
                              JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
                              WHERE k.n <= least(x.indnkeyatts, cardinality(wish.names)) ORDER BY k.n)
                          AND (SELECT count(DISTINCT o.flags) FROM unnest(x.indoption) WITH ORDINALITY AS o (flags, n)
                               WHERE o.n BETWEEN 2 AND cardinality(wish.names)) <= 1
                          AND wish.predicate = coalesce(regexp_replace(pg_get_expr(x.indpred, x.indrelid),
                              '::(character varying|"[^"]+"|[\w.]+)(\(\d+\))?(\[\])*|[()\s]', '', 'g'), '')
                        AND x.indisvalid)))
            -- A trigger of another name that keeps updated_at will do.
            WHEN 'trigger' THEN NOT EXISTS (
                SELECT FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
                WHERE t.tgrelid = step.oid AND NOT t.tgisinternal
                  AND (t.tgname = step.name OR p.proname = 'moddatetime' OR p.prosrc LIKE '%updated_at%'))
            -- For a table that never had rows: it might not hold for those that are there.
            WHEN 'reference' THEN can_refer AND step.is_mine AND step.relkind = 'r' AND pg_relation_size(step.oid) = 0
                AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_constraint k
                JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
                WHERE k.conrelid = step.oid AND k.contype = 'f' AND a.attname = step.name)
            ELSE step.is_mine AND CASE step.name
                WHEN '' THEN obj_description(step.oid, 'pg_class')
                ELSE (SELECT col_description(step.oid, a.attnum) FROM pg_catalog.pg_attribute a
                      WHERE a.attrelid = step.oid AND a.attname = step.name AND NOT a.attisdropped)
                END IS NULL
            END;
        CONTINUE WHEN NOT is_lacking;
        IF NOT step.is_mine THEN
            RAISE EXCEPTION 'public.% lacks the % % and maybe more, and belongs to %, for whom role % may not add it: run this as %, or have GRANT % TO % run',
                    step.relation, step.kind, step.name, step.owner, quote_ident(current_user), step.owner, step.owner,
                    quote_ident(current_user)
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF step.kind = 'index' AND to_regclass('public.' || step.name) IS NOT NULL THEN
            step.statement := replace(step.statement, step.name || ' ON', step.name || '_badged ON'); -- the name is taken
        END IF;
        -- What is locked by now stays so while this waits: all waits together take less than a second.
        PERFORM set_config('lock_timeout', greatest(
            50, least(400, 800 - 1000 * extract(epoch FROM clock_timestamp() - now()))::int)::text, true);
        BEGIN
            EXECUTE step.statement || CASE WHEN can_refer THEN step.reference ELSE '' END;
        EXCEPTION WHEN OTHERS THEN
            RAISE EXCEPTION 'adding the % % to public.%: %', step.kind, step.name, step.relation, SQLERRM
                USING ERRCODE = SQLSTATE;
        END;
    END LOOP;
END
$badged$;

COMMIT;
