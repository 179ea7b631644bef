-- Made by script/tables from sql/postgres/tables: change it there.
-- What the five tables lack, as one JSON list. $1: wanted.json. An index or a trigger that is not there makes badges
-- slower or updated_at stand still; without a table or a column nothing is counted.
--
-- An index will do under any name, and when it goes on behind the columns that are wanted. One that is there and not
-- valid is "broken": its build was broken off, or goes on. Where another thing has the name of one that is missing, the
-- name is another one. No table needs to be readable, nor the schema to be usable.
WITH there AS (
    SELECT c.relname::text AS name, c.oid, c.relkind
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'
), wanted AS (
    SELECT w.value ->> 'table' AS name, w.value AS wanted, w.value -> 'files' AS files, t.oid,
           t.relkind IN ('r', 'p') AS is_table
    FROM jsonb_array_elements($1::jsonb) AS w
    LEFT JOIN there t ON t.name = w.value ->> 'table'
), wanted_index AS (
    SELECT w.files, w.name, w.oid, k.value ->> 'statement' AS statement, s.indexrelid, s.indisvalid,
           (k.value ->> 'index') || CASE WHEN EXISTS (SELECT FROM there t WHERE t.name = k.value ->> 'index')
                                         THEN '_badged' ELSE '' END AS free_name,
           k.value ->> 'index' AS index_name
    FROM wanted w CROSS JOIN jsonb_array_elements(w.wanted -> 'indexes') AS k
    LEFT JOIN LATERAL (
        SELECT x.indexrelid, x.indisvalid
        FROM pg_catalog.pg_index x
        JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
        JOIN pg_catalog.pg_am method ON method.oid = i.relam AND method.amname = 'btree'
        CROSS JOIN LATERAL (
            SELECT string_to_array(substring((k.value ->> 'statement') FROM '\(([^()]+)\)'), ', ') AS names,
                   regexp_replace(regexp_replace(coalesce(substring((k.value ->> 'statement') FROM ' WHERE (.*)$'), ''),
                       ' IN \(([^()]*)\)', '= ANY (ARRAY[\1])', 'g'), '[()\s]', '', 'g') AS predicate) AS wish
        WHERE x.indrelid = w.oid
          AND wish.names = ARRAY(
              SELECT a.attname::text
              FROM unnest(x.indkey) WITH ORDINALITY AS k (attnum, n)
              JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
              WHERE k.n <= least(x.indnkeyatts, cardinality(wish.names)) ORDER BY k.n)
          AND (SELECT count(DISTINCT o.flags) FROM unnest(x.indoption) WITH ORDINALITY AS o (flags, n)
               WHERE o.n BETWEEN 2 AND cardinality(wish.names)) <= 1
          AND wish.predicate = coalesce(regexp_replace(pg_get_expr(x.indpred, x.indrelid),
              '::(character varying|"[^"]+"|[\w.]+)(\(\d+\))?(\[\])*|[()\s]', '', 'g'), '')
        ORDER BY x.indisvalid DESC, x.indexrelid LIMIT 1) AS s ON true
    WHERE w.is_table
), lacking AS (
    SELECT 1 AS place, w.files, w.name, 'table' AS kind, w.name AS what,
           CASE WHEN w.oid IS NULL THEN format('table public.%s is not there', w.name)
                ELSE format('public.%s is not a table', w.name) END AS text,
           jsonb_build_object('is_something_else', w.oid IS NOT NULL) AS more
    FROM wanted w WHERE w.is_table IS NOT TRUE
    UNION ALL
    SELECT 2, w.files, w.name, 'column', k.value ->> 'column',
           format('public.%s has no column %s (%s)', w.name, k.value ->> 'column', k.value ->> 'type'), NULL
    FROM wanted w CROSS JOIN jsonb_array_elements(w.wanted -> 'columns') AS k
    WHERE w.is_table AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = w.oid AND a.attname = k.value ->> 'column' AND a.attnum > 0 AND NOT a.attisdropped)
    UNION ALL
    SELECT 3, w.files, w.name, 'index', w.free_name, format('public.%s has no index %s', w.name, w.index_name),
           jsonb_build_object('statement', regexp_replace(w.statement, 'EXISTS \w+', 'EXISTS ' || w.free_name))
    FROM wanted_index w WHERE w.indexrelid IS NULL
    UNION ALL
    SELECT 3, w.files, w.name, 'index', i.relname,
           format('the index %s of public.%s is not valid: its build was broken off, or goes on', i.relname, w.name),
           jsonb_build_object('broken', format('public.%I', i.relname), 'statement',
               regexp_replace(w.statement, 'EXISTS \w+', 'EXISTS ' || format('%I', i.relname)))
    FROM wanted_index w JOIN pg_catalog.pg_class i ON i.oid = w.indexrelid WHERE NOT w.indisvalid
    UNION ALL
    SELECT 4, w.files, w.name, 'trigger', w.wanted ->> 'trigger',
           format('public.%s has no trigger that keeps updated_at', w.name), NULL
    FROM wanted w
    WHERE w.is_table AND w.wanted ->> 'trigger' IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
        WHERE t.tgrelid = w.oid AND NOT t.tgisinternal
          AND (t.tgname = w.wanted ->> 'trigger' OR p.proname = 'moddatetime' OR p.prosrc LIKE '%updated_at%'))
)
SELECT coalesce(jsonb_agg(jsonb_build_object('table', l.name, 'kind', l.kind, 'name', l.what, 'text', l.text,
                                             'files', l.files) || coalesce(l.more, '{}')
                          ORDER BY l.place, l.name), '[]')
FROM lacking l
