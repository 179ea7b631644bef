ALTER SYSTEM SET autovacuum = on; SELECT pg_reload_conf()
