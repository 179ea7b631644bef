-- What the five tables lack, as one JSON list. $1: wanted.json. An index or a trigger that is not there makes badges
-- slower or updated_at stand still; without a table or a column nothing is counted.
WITH wanted AS (
    SELECT w.value ->> 'table' AS name, w.value AS wanted, w.value -> 'files' AS files, c.oid, c.relkind
    FROM jsonb_array_elements($1::jsonb) AS w
    LEFT JOIN pg_catalog.pg_class c ON c.oid = to_regclass('public.' || (w.value ->> 'table'))
), lacking AS (
    SELECT 1 AS place, w.files, w.name, 'table' AS kind, w.name AS what,
           CASE WHEN w.oid IS NULL THEN format('table public.%s is not there', w.name)
                ELSE format('public.%s is not a table', w.name) END AS text
    FROM wanted w WHERE w.oid IS NULL OR w.relkind NOT IN ('r', 'p')
    UNION ALL
    SELECT 2, w.files, w.name, 'column', k.value ->> 'column',
           format('public.%s has no column %s (%s)', w.name, k.value ->> 'column', k.value ->> 'type')
    FROM wanted w CROSS JOIN jsonb_array_elements(w.wanted -> 'columns') AS k
    WHERE w.oid IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = w.oid AND a.attname = k.value ->> 'column' AND a.attnum > 0 AND NOT a.attisdropped)
    UNION ALL
    SELECT 3, w.files, w.name, 'index', k.value ->> 'index',
           CASE WHEN x.indexrelid IS NULL THEN format('public.%s has no index %s', w.name, k.value ->> 'index')
                ELSE format('the index %s of public.%s is not valid: its build was broken off', k.value ->> 'index', w.name) END
    FROM wanted w CROSS JOIN jsonb_array_elements(w.wanted -> 'indexes') AS k
    LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = to_regclass('public.' || (k.value ->> 'index')) AND x.indrelid = w.oid
    WHERE w.oid IS NOT NULL AND x.indisvalid IS NOT TRUE
    UNION ALL
    SELECT 4, w.files, w.name, 'trigger', w.wanted ->> 'trigger',
           format('public.%s has no trigger that keeps updated_at', w.name)
    FROM wanted w
    WHERE w.oid IS NOT NULL AND w.wanted ->> 'trigger' IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
        WHERE t.tgrelid = w.oid AND NOT t.tgisinternal
          AND (t.tgname = w.wanted ->> 'trigger' OR p.proname = 'moddatetime' OR p.prosrc LIKE '%updated_at%'))
)
SELECT coalesce(jsonb_agg(jsonb_build_object('table', l.name, 'kind', l.kind, 'name', l.what, 'text', l.text,
                                             'files', l.files) ORDER BY l.place, l.name), '[]')
FROM lacking l
