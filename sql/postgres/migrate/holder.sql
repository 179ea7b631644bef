-- Who holds the lock of another migration: its process, and what it is.
SELECT l.pid, coalesce(nullif(a.application_name, ''), 'unnamed')
FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.classid = 1650747236 AND l.objid = 1 AND l.objsubid = 2 AND l.granted
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
LIMIT 1
