-- One text that is another as soon as anything changed that the counts rest on and that no row of the stream tells: the
-- tables' names and storage (TRUNCATE of a partition, a rewrite by ALTER TABLE), partitions, replica identities, needed
-- columns, labels of enums, the publication, and what this role may read.
--
-- $1: the tables, [{"schema": "public", "table": "orders", "columns": ["tenant_id", ...]}, ...]; $2: the publication.
--
-- Runs every second, so it takes no lock: not pg_partition_tree and not pg_get_publication_tables, which lock every
-- relation. A definition that was changed and changed back between two looks, perhaps within one transaction, looks as it
-- did, while what was written in between may be missing in the stream: so the xmin of the rows that tell counts as well, or
-- the number of what is made anew. That of a table's row type changes with its name and schema, and not with a column.
-- What differs between versions of Postgres is read through to_jsonb. The schemas of a publication are read from
-- pg_depend, as Postgres 14 has no pg_publication_namespace.
WITH RECURSIVE wanted AS (
    SELECT w.number, w.value -> 'columns' AS columns, n.oid AS schema_oid, c.oid
    FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS w (value, number)
    LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = (w.value ->> 'schema')::name
    LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = (w.value ->> 'table')::name
), below AS (
    SELECT oid, NULL::oid AS parent, false AS is_detaching, '' AS version FROM wanted WHERE oid IS NOT NULL
    UNION ALL
    SELECT i.inhrelid, i.inhparent, i.inhdetachpending, i.xmin::text
    FROM below b JOIN pg_catalog.pg_inherits i ON i.inhparent = b.oid
), above AS (
    SELECT i.inhrelid AS oid, i.inhparent AS parent, i.xmin::text AS version
    FROM wanted w JOIN pg_catalog.pg_inherits i ON i.inhrelid = w.oid
    UNION
    SELECT i.inhrelid, i.inhparent, i.xmin::text FROM above a JOIN pg_catalog.pg_inherits i ON i.inhrelid = a.parent
), needed AS (
    SELECT w.oid AS relation, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attgenerated,
           a.xmin::text AS version
    FROM wanted w JOIN pg_catalog.pg_attribute a ON a.attrelid = w.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE w.columns ? a.attname::text
       OR EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid
                  AND (i.indisprimary OR i.indisreplident) AND a.attnum = ANY (i.indkey))
), types AS (
    SELECT atttypid AS oid FROM needed
    UNION
    SELECT t.typbasetype FROM types y JOIN pg_catalog.pg_type t ON t.oid = y.oid AND t.typtype = 'd'
), publication AS (
    SELECT p.oid, p.xmin AS version, to_jsonb(p) AS fact FROM pg_catalog.pg_publication p WHERE p.pubname = $2::name
), facts (fact) AS (
    SELECT concat_ws(' ', 'server', current_setting('server_version_num'), current_setting('server_encoding'))
    UNION ALL
    SELECT concat_ws(' ', 'role', r.oid, r.rolsuper, r.rolbypassrls, r.rolreplication)
    FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
    UNION ALL
    SELECT concat_ws(' ', 'table', w.number, coalesce(w.oid, 0), has_schema_privilege(w.schema_oid, 'USAGE'),
                     row_security_active(w.oid))
    FROM wanted w
    UNION ALL
    SELECT concat_ws(' ', 'relation', b.oid, coalesce(b.parent, 0), b.is_detaching, b.version, c.relkind,
                     c.relpersistence, c.relfilenode, c.relispartition, c.relreplident, y.xmin)
    FROM below b
    JOIN pg_catalog.pg_class c ON c.oid = b.oid
    LEFT JOIN pg_catalog.pg_type y ON y.oid = c.reltype
    UNION ALL
    SELECT concat_ws(' ', 'above', a.oid, a.parent, a.version) FROM above a
    UNION ALL
    -- REINDEX CONCURRENTLY makes another index, and leaves the constraint.
    SELECT concat_ws(' ', 'identity', i.indrelid, i.indisprimary, i.indisreplident, i.indisvalid, i.indimmediate, i.indkey,
                     coalesce(o.oid, i.indexrelid))
    FROM pg_catalog.pg_index i
    LEFT JOIN pg_catalog.pg_constraint o ON o.conindid = i.indexrelid AND o.conrelid = i.indrelid
                                        AND o.contype IN ('p', 'u')
    WHERE (i.indisprimary OR i.indisreplident) AND i.indrelid IN (SELECT oid FROM below)
    UNION ALL
    SELECT concat_ws(' ', 'column', to_jsonb(c), has_column_privilege(c.relation, c.attnum, 'SELECT')) FROM needed c
    UNION ALL
    SELECT concat_ws(' ', 'label', e.oid, e.enumtypid, e.xmin, to_jsonb(e.enumlabel))
    FROM types t JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid
    UNION ALL
    SELECT concat_ws(' ', 'publication', p.version, p.fact) FROM publication p
    UNION ALL
    SELECT concat_ws(' ', 'member', to_jsonb(r))
    FROM publication p JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid
    WHERE r.prrelid IN (SELECT oid FROM below UNION ALL SELECT parent FROM above)
    UNION ALL
    SELECT concat_ws(' ', 'schema', s.refobjid, s.objid)
    FROM publication p
    JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_publication'::regclass AND d.refobjid = p.oid
    JOIN pg_catalog.pg_depend s ON s.classid = d.classid AND s.objid = d.objid
                               AND s.refclassid = 'pg_catalog.pg_namespace'::regclass
)
SELECT left(encode(sha256(convert_to(string_agg(fact, E'\n' ORDER BY fact COLLATE "C"), 'UTF8')), 'hex'), 32),
       CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END - '0/0'::pg_lsn,
       pg_is_in_recovery()
FROM facts
