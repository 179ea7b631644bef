-- How many of the two tables that badge tables refer to are there, and whether badged keeps record here.
SELECT count(*) FILTER (WHERE c.relname IN ('tenants', 'tenant_sites')),
       coalesce(bool_or(c.relname = 'badged_migrations'), false)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
WHERE c.relname IN ('tenants', 'tenant_sites', 'badged_migrations')
