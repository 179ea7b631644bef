-- What the server says of the tables that badges count beyond what following them needs: one JSON text.
--
-- $1: the tables that sources name, [{"schema": "public", "table": "feedback"}, ...]; $2: wanted.json; $3: seconds that
-- a session of badged may be idle for. A reference that tables lack is listed only where it could be made.
WITH counted AS (
    SELECT DISTINCT s.schema, s."table" AS name, c.oid, c.relkind
    FROM jsonb_to_recordset($1::jsonb) AS s (schema text, "table" text)
    LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = s.schema::name
    LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = s."table"::name
), there AS (
    -- to_regclass would need USAGE of the schema.
    SELECT c.relname::text AS name, c.oid, c.relkind
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'
), own AS (
    SELECT w.value ->> 'table' AS name, w.value -> 'columns' AS columns, t.oid
    FROM jsonb_array_elements($2::jsonb) AS w LEFT JOIN there t ON t.name = w.value ->> 'table' AND t.relkind IN ('r', 'p')
), types AS (
    SELECT o.name, a.attname, format_type(a.atttypid, a.atttypmod) AS type, k.value ->> 'type' AS wanted,
           t.typcategory AS category, w.typcategory AS wanted_category, t.oid = w.oid AS is_same
    FROM own o
    CROSS JOIN jsonb_array_elements(o.columns) AS k
    JOIN pg_catalog.pg_attribute a ON a.attrelid = o.oid AND a.attname = k.value ->> 'column' AND NOT a.attisdropped
    JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
    JOIN pg_catalog.pg_type t ON t.oid = CASE WHEN y.typtype = 'd' THEN y.typbasetype ELSE y.oid END
    JOIN pg_catalog.pg_type w ON w.oid = to_regtype(k.value ->> 'type')
), links (name, col, refers_to, on_delete) AS (
    VALUES ('crawl_attempts', 'tenant_id', 'tenants', 'CASCADE'), ('crawl_attempts', 'site_id', 'tenant_sites', 'CASCADE'),
           ('page_failures', 'tenant_id', 'tenants', 'CASCADE'),
           ('page_failures', 'crawl_attempt_id', 'crawl_attempts', 'CASCADE'),
           ('feedback', 'tenant_id', 'tenants', 'CASCADE'), ('feedback', 'conversation_id', 'conversations', 'SET NULL'),
           ('integrations', 'tenant_id', 'tenants', 'CASCADE'), ('integration_outbox', 'tenant_id', 'tenants', 'CASCADE'),
           ('integration_outbox', 'integration_id', 'integrations', 'SET NULL'),
           ('integration_outbox', 'conversation_id', 'conversations', 'CASCADE')
), missing_links AS (
    SELECT l.*, c.relkind = 'p' AS is_partitioned, (SELECT quote_ident(min(k.conname)) FROM pg_catalog.pg_constraint k
                 WHERE k.conrelid = a.attrelid AND k.contype = 'f' AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated) AS unproved
    FROM links l
    JOIN there c ON c.name = l.name AND c.relkind IN ('r', 'p')
    JOIN there o ON o.name = l.refers_to
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = l.col AND NOT a.attisdropped
    JOIN pg_catalog.pg_attribute i ON i.attrelid = o.oid AND i.attname = 'id'
                                  AND i.atttypid = a.atttypid
    WHERE EXISTS (SELECT FROM pg_catalog.pg_index x WHERE x.indrelid = i.attrelid AND x.indisunique AND x.indimmediate
                  AND x.indnkeyatts = 1 AND x.indkey[0] = i.attnum AND x.indpred IS NULL)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                      WHERE k.conrelid = a.attrelid AND k.contype = 'f' AND a.attnum = ANY (k.conkey) AND k.convalidated)
), settings AS (
    SELECT s.name, s.reset_val AS value, CASE s.name WHEN 'session_replication_role' THEN 'origin' ELSE '0' END AS better,
           CASE s.name WHEN 'session_replication_role' THEN 'triggers of the role do not run, so that updated_at stands still'
                WHEN 'idle_session_timeout' THEN 'the server ends sessions of badged that wait for the next look'
                ELSE 'the server ends the load of a large table' END AS means
    FROM pg_catalog.pg_settings s
    WHERE s.name = 'session_replication_role' AND s.reset_val = 'replica'
       OR s.name = 'idle_session_timeout' AND s.reset_val::bigint BETWEEN 1 AND 1000 * $3::bigint
       OR s.name = 'transaction_timeout' AND s.reset_val::bigint BETWEEN 1 AND 600000
)
SELECT jsonb_build_object(
    'role', format('%I', current_user), 'database', format('%I', current_database()),
    'where', coalesce(host(inet_server_addr()) || ':' || inet_server_port(), 'a local socket'),
    'schemas', (SELECT jsonb_agg(DISTINCT jsonb_build_object('sql', format('%I', c.schema), 'may_create', coalesce(
                    (SELECT has_schema_privilege(n.oid, 'CREATE') FROM pg_catalog.pg_namespace n WHERE n.nspname = c.schema::name), false)))
                FROM counted c),
    'bases', (SELECT jsonb_object_agg(t, EXISTS (SELECT FROM there WHERE there.name = t))
              FROM unnest(ARRAY['tenants', 'tenant_sites', 'conversations']) AS t),
    'own', (SELECT jsonb_object_agg(o.name, jsonb_build_object(
                'is_there', o.oid IS NOT NULL, 'columns', jsonb_array_length(o.columns),
                'is_counted', EXISTS (SELECT FROM counted c WHERE c.schema = 'public' AND c.name = o.name)))
            FROM own o),
    'types', (SELECT jsonb_agg(jsonb_build_object('table', t.name, 'column', format('%I', t.attname), 'type', t.type,
                                                  'wanted', t.wanted) ORDER BY t.name, t.attname)
              FROM types t
              WHERE t.attname <> 'id' AND t.attname NOT LIKE '%\_id' AND NOT t.is_same
                AND NOT (t.category = t.wanted_category AND t.category <> 'U') AND NOT (t.category = 'E' AND t.wanted_category = 'S')
                AND NOT (t.type = 'json' AND t.wanted = 'jsonb')),
    'ids', (SELECT jsonb_agg(jsonb_build_object('table', o.name, 'is_uuid', a.atttypid = 'uuid'::regtype) ORDER BY o.name)
            FROM own o
            JOIN pg_catalog.pg_attribute a ON a.attrelid = o.oid AND a.attname = 'id' AND NOT a.attisdropped
            WHERE NOT a.atthasdef AND a.attidentity = ''),
    'may_make_uuids', has_function_privilege('pg_catalog.gen_random_uuid()', 'EXECUTE'),
    'ossp', (SELECT format('%I', n.nspname) FROM pg_catalog.pg_extension e
             JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'uuid-ossp'),
    'barred', (SELECT jsonb_agg(jsonb_build_object(
                   'table', o.name, 'owner', format('%I', r.rolname), 'function', p.oid::regprocedure::text, 'schema', format('%I', n.nspname),
                   'may_use', has_schema_privilege(c.relowner, n.oid, 'USAGE')) ORDER BY o.name)
               FROM own o
               JOIN pg_catalog.pg_class c ON c.oid = o.oid
               JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
               JOIN pg_catalog.pg_attrdef d ON d.adrelid = o.oid
               JOIN pg_catalog.pg_depend e ON e.classid = 'pg_catalog.pg_attrdef'::regclass AND e.objid = d.oid
                                          AND e.refclassid = 'pg_catalog.pg_proc'::regclass
               JOIN pg_catalog.pg_proc p ON p.oid = e.refobjid
               JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
               WHERE NOT has_function_privilege(c.relowner, p.oid, 'EXECUTE') OR NOT has_schema_privilege(c.relowner, n.oid, 'USAGE')),
    'links', (SELECT jsonb_agg(to_jsonb(l) ORDER BY l.name, l.col) FROM missing_links l),
    'policies', (SELECT jsonb_agg(jsonb_build_object(
                     'sql', format('%I.%I', t.schema, t.name), 'is_forced', c.relforcerowsecurity,
                     'is_active', row_security_active(c.oid), 'rows', greatest(c.reltuples, 0)::bigint,
                     'policies', (SELECT count(*) FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid)) ORDER BY t.schema, t.name)
                 FROM counted t JOIN pg_catalog.pg_class c ON c.oid = t.oid AND c.relrowsecurity),
    -- Short ones come and go. Of other roles' sessions a role may not see since when.
    'locks', (SELECT jsonb_agg(jsonb_build_object(
                  'table', format('%I.%I', t.schema, t.name), 'pid', l.pid::text, 'role', a.usename,
                  'name', coalesce(nullif(a.application_name, ''), 'unnamed'),
                  'since', to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')) ORDER BY t.schema, t.name)
              FROM counted t
              JOIN pg_catalog.pg_locks l ON l.relation = t.oid AND l.granted AND l.mode = 'AccessExclusiveLock'
              JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
              WHERE a.xact_start IS NULL OR a.xact_start < clock_timestamp() - interval '1 second'),
    'slots', (SELECT jsonb_agg(jsonb_build_object(
                  'name', s.slot_name, 'sql', format('%L', s.slot_name), 'is_lost', s.wal_status = 'lost',
                  'kept', pg_size_pretty(CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn) END))
                  ORDER BY s.slot_name)
              FROM pg_catalog.pg_replication_slots s WHERE NOT s.active),
    'slots_count', (SELECT count(*) FROM pg_catalog.pg_replication_slots),
    'settings', (SELECT jsonb_agg(to_jsonb(s) ORDER BY s.name) FROM settings s),
    'is_vacuumed', current_setting('autovacuum')::boolean)
