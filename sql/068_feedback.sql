-- The table of the feedback badge alone.
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
    SELECT bool_or(to_regclass('public.' || t) IS NULL) INTO is_new FROM unnest(ARRAY['feedback']) AS t;
    FOREACH base IN ARRAY ARRAY['tenants'] LOOP
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
        SELECT l.name, l.refers_to FROM (VALUES ('feedback', 'tenants')) AS l (name, refers_to)
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
    FOREACH base IN ARRAY ARRAY['feedback'] LOOP
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

-- What a person reported. Counted in feedback while it is urgent or high and not resolved.
CREATE TABLE IF NOT EXISTS public.feedback (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    conversation_id uuid,
    session_id text,
    type text NOT NULL DEFAULT 'general'
        CHECK (type IN ('bug', 'feature_request', 'improvement', 'general', 'ui_ux', 'performance')),
    category text,
    priority text NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
    status text NOT NULL DEFAULT 'open'
        CHECK (status IN ('open', 'in_review', 'planned', 'in_progress', 'completed', 'rejected', 'duplicate')),
    title text NOT NULL,
    description text,
    steps_to_reproduce text,
    expected_behavior text,
    actual_behavior text,
    user_name text,
    user_email text,
    contact_method text,
    contact_value text,
    user_agent text,
    url text,
    widget_version text,
    browser_info jsonb,
    tags text[] NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    resolved_at timestamptz,
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
            (1, 'feedback', 'column', 'tenant_id', 'ALTER TABLE public.feedback ADD COLUMN tenant_id uuid REFERENCES public.tenants (id) ON DELETE CASCADE', ''),
            (2, 'feedback', 'column', 'conversation_id', 'ALTER TABLE public.feedback ADD COLUMN conversation_id uuid', ' REFERENCES public.conversations (id) ON DELETE SET NULL'),
            (3, 'feedback', 'column', 'session_id', 'ALTER TABLE public.feedback ADD COLUMN session_id text', ''),
            (4, 'feedback', 'column', 'type', 'ALTER TABLE public.feedback ADD COLUMN type text NOT NULL DEFAULT ''general''', ''),
            (5, 'feedback', 'column', 'category', 'ALTER TABLE public.feedback ADD COLUMN category text', ''),
            (6, 'feedback', 'column', 'priority', 'ALTER TABLE public.feedback ADD COLUMN priority text NOT NULL DEFAULT ''medium''', ''),
            (7, 'feedback', 'column', 'status', 'ALTER TABLE public.feedback ADD COLUMN status text NOT NULL DEFAULT ''open''', ''),
            (8, 'feedback', 'column', 'title', 'ALTER TABLE public.feedback ADD COLUMN title text', ''),
            (9, 'feedback', 'column', 'description', 'ALTER TABLE public.feedback ADD COLUMN description text', ''),
            (10, 'feedback', 'column', 'steps_to_reproduce', 'ALTER TABLE public.feedback ADD COLUMN steps_to_reproduce text', ''),
            (11, 'feedback', 'column', 'expected_behavior', 'ALTER TABLE public.feedback ADD COLUMN expected_behavior text', ''),
            (12, 'feedback', 'column', 'actual_behavior', 'ALTER TABLE public.feedback ADD COLUMN actual_behavior text', ''),
            (13, 'feedback', 'column', 'user_name', 'ALTER TABLE public.feedback ADD COLUMN user_name text', ''),
            (14, 'feedback', 'column', 'user_email', 'ALTER TABLE public.feedback ADD COLUMN user_email text', ''),
            (15, 'feedback', 'column', 'contact_method', 'ALTER TABLE public.feedback ADD COLUMN contact_method text', ''),
            (16, 'feedback', 'column', 'contact_value', 'ALTER TABLE public.feedback ADD COLUMN contact_value text', ''),
            (17, 'feedback', 'column', 'user_agent', 'ALTER TABLE public.feedback ADD COLUMN user_agent text', ''),
            (18, 'feedback', 'column', 'url', 'ALTER TABLE public.feedback ADD COLUMN url text', ''),
            (19, 'feedback', 'column', 'widget_version', 'ALTER TABLE public.feedback ADD COLUMN widget_version text', ''),
            (20, 'feedback', 'column', 'browser_info', 'ALTER TABLE public.feedback ADD COLUMN browser_info jsonb', ''),
            (21, 'feedback', 'column', 'tags', 'ALTER TABLE public.feedback ADD COLUMN tags text[] NOT NULL DEFAULT ''{}''', ''),
            (22, 'feedback', 'column', 'metadata', 'ALTER TABLE public.feedback ADD COLUMN metadata jsonb NOT NULL DEFAULT ''{}''', ''),
            (23, 'feedback', 'column', 'resolved_at', 'ALTER TABLE public.feedback ADD COLUMN resolved_at timestamptz', ''),
            (24, 'feedback', 'column', 'created_at', 'ALTER TABLE public.feedback ADD COLUMN created_at timestamptz NOT NULL DEFAULT now()', ''),
            (25, 'feedback', 'column', 'updated_at', 'ALTER TABLE public.feedback ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now()', ''),
            (26, 'feedback', 'reference', 'conversation_id', 'ALTER TABLE public.feedback ADD CONSTRAINT feedback_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations (id) ON DELETE SET NULL', ''),
            (27, 'feedback', 'index', 'feedback_pressing', 'CREATE INDEX feedback_pressing ON public.feedback (tenant_id, created_at, id) WHERE priority IN (''urgent'', ''high'') AND resolved_at IS NULL', ''),
            (28, 'feedback', 'index', 'feedback_list', 'CREATE INDEX feedback_list ON public.feedback (tenant_id, created_at, id)', ''),
            (29, 'feedback', 'index', 'feedback_conversation', 'CREATE INDEX feedback_conversation ON public.feedback (conversation_id) WHERE conversation_id IS NOT NULL', ''),
            (30, 'feedback', 'trigger', 'feedback_updated_at', 'CREATE TRIGGER feedback_updated_at BEFORE UPDATE ON public.feedback FOR EACH ROW EXECUTE FUNCTION public.badged_set_updated_at()', ''),
            (31, 'feedback', 'comment', '', 'COMMENT ON TABLE public.feedback IS ''What a person reported. Counted in feedback while it is urgent or high and not resolved.''', '')
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
