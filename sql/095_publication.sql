-- What badged follows: the tables of the built-in badges, with the columns that those need and the ones that name a row.
-- Run it with `psql -f`, paste it into an SQL editor, or let `badged migrate up` run it, as the owner of the tables, who
-- needs CREATE on the database. It may be run again; a publication of that name is left as it is, and `badged check` says
-- what it lacks. For badges of your own, `badged check` prints the statement.
--
-- Postgres refuses updates of a published table whose rows nothing names, or whose key is not published. So it makes no
-- publication where there is such a table, and publishes every column of one whose rows are named by all of them.

DO $$
DECLARE
    has_columns constant boolean := current_setting('server_version_num')::int >= 150000;
    wanted record;
    named text[];
    tables text[];
    options text := '';
BEGIN
    -- Nothing that somebody put into another schema takes the place of what is meant.
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog', true);
    IF EXISTS (SELECT FROM pg_catalog.pg_publication WHERE pubname = 'badged') THEN
        RAISE NOTICE 'there is a publication named badged already';
        RETURN;
    END IF;
    FOR wanted IN
        SELECT w.*, c.oid, c.relkind, c.relreplident
        FROM (VALUES
            (1, 'crawl_attempts', '{id, tenant_id, status, can_retry}'::text[]),
            (2, 'page_failures', '{id, tenant_id, is_resolved}'),
            (3, 'integration_outbox', '{id, tenant_id, conversation_id, status}'),
            (4, 'feedback', '{id, tenant_id, priority, resolved_at}'),
            (5, 'integrations', '{id, tenant_id, status}')
        ) AS w (place, name, columns)
        JOIN pg_catalog.pg_class c ON c.oid = ('public.' || w.name)::regclass
        ORDER BY w.place
    LOOP
        IF EXISTS (
            SELECT FROM pg_catalog.pg_class l
            WHERE (l.oid = wanted.oid AND l.relkind = 'r'
                   OR l.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(wanted.oid) WHERE isleaf))
              AND (l.relreplident = 'n' OR l.relreplident IN ('d', 'i') AND NOT EXISTS (
                  SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = l.oid AND i.indisvalid
                  AND CASE l.relreplident WHEN 'd' THEN i.indisprimary ELSE i.indisreplident END))) THEN
            RAISE EXCEPTION 'nothing names the rows of public.%, and Postgres would refuse to update them once they are published: give it a primary key first', wanted.name
                USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
        IF wanted.relkind = 'p' THEN
            options := ' WITH (publish_via_partition_root = true)';
        END IF;
        named := NULL;
        IF has_columns AND wanted.relkind = 'r' AND wanted.relreplident <> 'f' THEN
            SELECT wanted.columns || array_agg(a.attname::text ORDER BY a.attnum)
                                     FILTER (WHERE a.attname <> ALL (wanted.columns))
            INTO named
            FROM pg_catalog.pg_index i
            JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
            WHERE i.indrelid = wanted.oid
              AND CASE wanted.relreplident WHEN 'd' THEN i.indisprimary ELSE i.indisreplident END;
        END IF;
        tables := tables || (format('public.%I', wanted.name)
            || coalesce((SELECT ' (' || string_agg(quote_ident(n), ', ') || ')' FROM unnest(named) AS n), ''));
    END LOOP;
    EXECUTE 'CREATE PUBLICATION badged FOR TABLE ' || array_to_string(tables, ', ') || options;
END
$$;
