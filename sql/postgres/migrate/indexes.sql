-- Made by script/tables from sql/postgres/tables: change it there.
-- The indexes to build beside writers: those that a file leaves out, and those left behind half built. $1: what is
-- lacking, as lacking.sql has it; $2: the file's number. Each with its table, the table's size, how to build it, how to
-- drop the leftover, if there is one and it is badged's own, and whether its table is a partition.
--
-- A partitioned table gets one on each partition; the file then makes the one above, which takes them in.
WITH missing AS (
    SELECT l.value ->> 'name' AS name, l.value ->> 'statement' AS statement, c.oid, c.relkind
    FROM jsonb_array_elements($1::jsonb) AS l
    JOIN pg_catalog.pg_class c ON c.oid = to_regclass('public.' || (l.value ->> 'table'))
    WHERE l.value ->> 'kind' = 'index' AND l.value -> 'files' @> $2::jsonb
      AND NOT (c.relkind = 'p' AND l.value ? 'broken')
), place AS (
    SELECT m.name, m.statement, m.oid, false AS is_partition FROM missing m WHERE m.relkind = 'r'
    UNION ALL
    SELECT format('%s_%s', left(m.name, 50), l.oid),
           regexp_replace(m.statement, 'EXISTS \w+ ON \S+',
                          format('EXISTS %s_%s ON %s', left(m.name, 50), l.oid, l.oid::regclass)),
           l.oid, true
    FROM missing m
    CROSS JOIN pg_partition_tree(m.oid) AS t
    JOIN pg_catalog.pg_class l ON l.oid = t.relid AND l.relkind = 'r'
    WHERE m.relkind = 'p' AND NOT EXISTS (
        SELECT x.indexrelid, x.indisvalid
        FROM pg_catalog.pg_index x
        JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
        JOIN pg_catalog.pg_am method ON method.oid = i.relam AND method.amname = 'btree'
        CROSS JOIN LATERAL (
            SELECT string_to_array(substring(m.statement FROM '\(([^()]+)\)'), ', ') AS names,
                   regexp_replace(regexp_replace(coalesce(substring(m.statement FROM ' WHERE (.*)$'), ''),
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
        AND x.indisvalid)
)
SELECT p.name, (SELECT c.relname FROM pg_catalog.pg_class c WHERE c.oid = p.oid), pg_size_pretty(pg_relation_size(p.oid)), p.statement,
       CASE WHEN x.indexrelid IS NOT NULL
           THEN format('DROP INDEX CONCURRENTLY IF EXISTS %s', x.indexrelid::regclass) END, p.is_partition
FROM place p
LEFT JOIN pg_catalog.pg_class i ON i.relname = p.name
    AND i.relnamespace = (SELECT c.relnamespace FROM pg_catalog.pg_class c WHERE c.oid = p.oid)
LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = i.oid
WHERE i.oid IS NULL
   OR NOT x.indisvalid AND x.indrelid = p.oid
      AND EXISTS (SELECT FROM public.badged_migrations m WHERE m.name = p.name AND m.state = 'building')
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index b WHERE b.index_relid = x.indexrelid)
ORDER BY p.is_partition, p.oid, p.name
