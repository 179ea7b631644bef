-- The indexes that a file is to make and that are not there, or left behind half built. $1: wanted.json, $2: the file's
-- number. Each with its table, the table's size, how to build it, and how to drop the
-- leftover, if there is one and it is badged's own.
SELECT i.value ->> 'index', w.value ->> 'table', pg_size_pretty(pg_relation_size(c.oid)), i.value ->> 'statement',
       CASE WHEN x.indexrelid IS NOT NULL
           THEN format('DROP INDEX CONCURRENTLY IF EXISTS public.%I', i.value ->> 'index') END
FROM jsonb_array_elements($1::jsonb) AS w
CROSS JOIN jsonb_array_elements(w.value -> 'indexes') AS i
JOIN pg_catalog.pg_class c ON c.oid = to_regclass('public.' || (w.value ->> 'table')) AND c.relkind = 'r'
LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = to_regclass('public.' || (i.value ->> 'index'))
WHERE w.value -> 'files' @> $2::jsonb
  AND (to_regclass('public.' || (i.value ->> 'index')) IS NULL
       OR NOT x.indisvalid AND x.indrelid = c.oid
          AND EXISTS (SELECT FROM public.badged_migrations m
                      WHERE m.name = i.value ->> 'index' AND m.state = 'building')
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = x.indexrelid))
