-- How many of the two tables that badge tables refer to are there, and whether badged keeps record here.
SELECT count(*), to_regclass('public.badged_migrations') IS NOT NULL
FROM unnest(ARRAY['public.tenants', 'public.tenant_sites']) AS t WHERE to_regclass(t) IS NOT NULL
