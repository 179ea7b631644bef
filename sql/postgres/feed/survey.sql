-- What the server says of the tables that sources name, of their partitions, and of the publication: one JSON text.
--
-- $1: the tables, [{"schema": "public", "table": "orders", "columns": ["tenant_id", ...]}, ...]; $2: the publication.
--
-- A partition whose detachment is pending is no part of the table any more. What differs between versions of Postgres is
-- read through to_jsonb, and the schemas of a publication from pg_depend (Postgres 14 has no pg_publication_namespace).
WITH RECURSIVE wanted AS (
    SELECT w.number, w.value ->> 'schema' AS schema, w.value ->> 'table' AS name, w.value -> 'columns' AS columns,
           n.oid AS schema_oid, c.oid
    FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS w (value, number)
    LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = (w.value ->> 'schema')::name
    LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = (w.value ->> 'table')::name
                                   AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
), tree AS (
    SELECT number, oid, 0 AS depth FROM wanted WHERE oid IS NOT NULL
    UNION ALL
    SELECT t.number, i.inhrelid, t.depth + 1
    FROM tree t
    JOIN pg_catalog.pg_class c ON c.oid = t.oid AND c.relkind = 'p'
    JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid AND NOT i.inhdetachpending
), line AS (
    SELECT number, oid, oid AS ancestor, 0 AS level FROM tree
    UNION
    SELECT l.number, l.oid, i.inhparent, l.level + 1
    FROM line l
    JOIN pg_catalog.pg_class c ON c.oid = l.ancestor AND c.relispartition
    JOIN pg_catalog.pg_inherits i ON i.inhrelid = l.ancestor AND NOT i.inhdetachpending
), publication AS (
    SELECT p.* FROM pg_catalog.pg_publication p WHERE p.pubname = $2::name
), published_schema AS (
    SELECT s.refobjid AS oid
    FROM publication p
    JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_publication'::regclass AND d.refobjid = p.oid
    JOIN pg_catalog.pg_depend s ON s.classid = d.classid AND s.objid = d.objid
                               AND s.refclassid = 'pg_catalog.pg_namespace'::regclass
), member AS (
    SELECT r.prrelid AS oid, to_jsonb(r) AS fact
    FROM publication p JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid
    WHERE r.prrelid IN (SELECT ancestor FROM line)
), published AS (
    SELECT DISTINCT ON (l.oid) l.oid, CASE WHEN p.pubviaroot THEN l.ancestor ELSE l.oid END AS published_as
    FROM publication p
    CROSS JOIN line l
    JOIN pg_catalog.pg_class c ON c.oid = l.ancestor
    LEFT JOIN member m ON m.oid = l.ancestor
    LEFT JOIN published_schema s ON s.oid = c.relnamespace
    WHERE p.puballtables OR m.oid IS NOT NULL OR s.oid IS NOT NULL
    ORDER BY l.oid, l.level DESC
), types AS (
    SELECT DISTINCT a.atttypid AS column_type, a.atttypid AS oid
    FROM wanted w JOIN pg_catalog.pg_attribute a ON a.attrelid = w.oid
    WHERE a.attnum > 0 AND NOT a.attisdropped
    UNION
    SELECT y.column_type, t.typbasetype FROM types y JOIN pg_catalog.pg_type t ON t.oid = y.oid AND t.typtype = 'd'
), key_index AS (
    -- What can name rows: unique at every moment, over plain columns of every row.
    SELECT i.indrelid, min(k.columns::text) FILTER (WHERE i.indisprimary)::jsonb AS primary_columns,
           min(k.columns::text) FILTER (WHERE i.indisreplident)::jsonb AS index_columns,
           min(format('%I', x.relname)) FILTER (WHERE NOT k.has_null) AS candidate
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
    CROSS JOIN LATERAL (
        SELECT jsonb_agg(a.attname ORDER BY k.n) AS columns, bool_or(NOT a.attnotnull) AS has_null
        FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, n)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE k.n <= i.indnkeyatts) k
    WHERE i.indrelid IN (SELECT oid FROM tree) AND i.indisunique AND i.indisvalid AND i.indimmediate
      AND i.indpred IS NULL AND i.indexprs IS NULL
    GROUP BY i.indrelid
), relations AS (
    SELECT t.number, jsonb_agg(jsonb_build_object(
        'oid', c.oid::bigint, 'sql', format('%I.%I', n.nspname, c.relname), 'depth', t.depth,
        'kind', c.relkind, 'persistence', c.relpersistence, 'identity', c.relreplident,
        'primary', k.primary_columns, 'index', k.index_columns, 'candidate', k.candidate,
        'published_as', p.published_as::bigint,
        -- A primary key that is checked at the end of a transaction names no row within it.
        'deferrable', (SELECT jsonb_build_object('name', format('%I', o.conname), 'columns', (
                           SELECT string_agg(format('%I', a.attname), ', ' ORDER BY k.n)
                           FROM unnest(o.conkey) WITH ORDINALITY AS k (attnum, n)
                           JOIN pg_catalog.pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.attnum))
                       FROM pg_catalog.pg_constraint o
                       WHERE o.conrelid = c.oid AND o.contype = 'p' AND o.condeferrable)
        ) ORDER BY t.depth, n.nspname, c.relname) AS facts
    FROM tree t
    JOIN pg_catalog.pg_class c ON c.oid = t.oid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN key_index k ON k.indrelid = t.oid
    LEFT JOIN published p ON p.oid = t.oid
    GROUP BY t.number
), members AS (
    -- Entries of the publication for the table, its partitions, and what it is a partition of.
    SELECT l.number, jsonb_agg(DISTINCT jsonb_build_object(
        'sql', format('%I.%I', n.nspname, c.relname), 'is_filtered', m.fact -> 'prqual' <> 'null',
        'columns', (SELECT jsonb_agg(a.attname) FROM jsonb_array_elements_text(m.fact -> 'prattrs') AS l (attnum)
                    JOIN pg_catalog.pg_attribute a ON a.attrelid = m.oid AND a.attnum = l.attnum::int
                    WHERE m.fact -> 'prattrs' <> 'null'))) AS facts
    FROM line l
    JOIN member m ON m.oid = l.ancestor
    JOIN pg_catalog.pg_class c ON c.oid = m.oid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    GROUP BY l.number
), columns AS (
    SELECT w.number, jsonb_agg(jsonb_build_object(
        'name', a.attname, 'sql', format('%I', a.attname), 'type', format_type(a.atttypid, a.atttypmod),
        'type_oid', a.atttypid::bigint, 'base', b.oid::bigint,
        'kind', CASE WHEN b.oid = a.atttypid THEN b.typtype ELSE 'd' END, 'collation', a.attcollation::bigint,
        'labels', (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder)
                   FROM pg_catalog.pg_enum e WHERE e.enumtypid = b.oid),
        'is_deterministic', coalesce(l.collisdeterministic, true), 'generated', a.attgenerated::text,
        'storage', a.attstorage, 'may_select', has_column_privilege(w.oid, a.attnum, 'SELECT'),
        'width', (SELECT max(s.avg_width) FROM pg_catalog.pg_stats s
                  WHERE s.schemaname = w.schema AND s.tablename = w.name AND s.attname = a.attname
                    AND w.columns ? a.attname::text)
        ) ORDER BY a.attnum) AS facts
    FROM wanted w
    JOIN pg_catalog.pg_attribute a ON a.attrelid = w.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN types y ON y.column_type = a.atttypid
    JOIN pg_catalog.pg_type b ON b.oid = y.oid AND b.typtype <> 'd'
    LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
    GROUP BY w.number
)
SELECT jsonb_build_object(
    'publication_sql', format('%I', $2::text),
    'publication', (SELECT to_jsonb(p) FROM publication p),
    'tables', (SELECT jsonb_agg(jsonb_build_object(
        'schema', w.schema, 'table', w.name, 'sql', format('%I.%I', w.schema, w.name), 'needed', w.columns,
        'schema_sql', format('%I', w.schema), 'has_schema', w.schema_oid IS NOT NULL, 'may_use_schema', has_schema_privilege(w.schema_oid, 'USAGE'),
        'oid', c.oid::bigint, 'kind', c.relkind, 'persistence', c.relpersistence,
        'is_row_security_active', row_security_active(c.oid), 'is_partition', c.relispartition,
        'owner', (SELECT format('%I', r.rolname) FROM pg_catalog.pg_roles r WHERE r.oid = c.relowner),
        'has_children', c.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid),
        'partition_columns', (SELECT jsonb_agg(a.attname) FROM pg_catalog.pg_partitioned_table p
                              CROSS JOIN unnest(p.partattrs) AS k (attnum)
                              JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.attnum
                              WHERE p.partrelid = c.oid),
        'columns', (SELECT facts FROM columns WHERE number = w.number),
        'relations', (SELECT facts FROM relations WHERE number = w.number),
        'members', (SELECT facts FROM members WHERE number = w.number),
        'elsewhere', (SELECT min(n.nspname) FROM pg_catalog.pg_class o
                      JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace
                      WHERE w.oid IS NULL AND o.relname = w.name::name AND o.relkind IN ('r', 'p')
                        AND o.relpersistence <> 't'),
        'similar', (SELECT min(o.relname) FROM pg_catalog.pg_class o
                    WHERE w.oid IS NULL AND o.relnamespace = w.schema_oid AND o.relkind IN ('r', 'p')
                      AND (rtrim(translate(lower(o.relname::text), '_- ', ''), 's')
                         = rtrim(translate(lower(w.name), '_- ', ''), 's')))
        ) ORDER BY w.number) FROM wanted w LEFT JOIN pg_catalog.pg_class c ON c.oid = w.oid))
