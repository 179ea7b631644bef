-- What the server says of itself, of this role, and of who is in the way of a new replication slot: one JSON text.
--
-- Members of pg_read_all_stats see the transactions of others, and everybody sees who holds a transaction number.
SELECT jsonb_build_object(
    'version', current_setting('server_version_num')::int, 'version_text', current_setting('server_version'),
    'encoding', current_setting('server_encoding'), 'database', current_database(),
    'database_for_utf8', format('%I', current_database() || '_utf8'),
    'is_in_recovery', pg_is_in_recovery(),
    'wal_level', current_setting('wal_level'),
    'slots_max', current_setting('max_replication_slots')::int,
    'slots_used', (SELECT count(*) FROM pg_catalog.pg_replication_slots),
    'slot_unused', (SELECT min(slot_name) FROM pg_catalog.pg_replication_slots WHERE NOT active),
    'senders_max', current_setting('max_wal_senders')::int,
    'senders_used', (SELECT count(*) FROM pg_catalog.pg_stat_get_wal_senders()),
    'sender_timeout_ms', (SELECT reset_val::int FROM pg_catalog.pg_settings WHERE name = 'wal_sender_timeout'),
    'slot_keep_mb', (SELECT setting::bigint FROM pg_catalog.pg_settings WHERE name = 'max_slot_wal_keep_size'),
    'role', (SELECT jsonb_build_object(
                 'name', r.rolname, 'sql', format('%I', r.rolname), 'is_super', r.rolsuper,
                 'bypasses', r.rolbypassrls, 'replicates', r.rolreplication)
             FROM pg_catalog.pg_roles r WHERE r.rolname = current_user),
    'is_rds', EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'rds_replication'),
    'is_rds_replicator', EXISTS (SELECT FROM pg_catalog.pg_roles r
                                 WHERE r.rolname = 'rds_replication' AND pg_has_role(r.oid, 'MEMBER')),
    'prepared', (SELECT jsonb_agg(jsonb_build_object(
                     'gid', x.gid, 'sql', format('%L', x.gid), 'database', x.database,
                     'age_s', extract(epoch FROM clock_timestamp() - x.prepared)::bigint) ORDER BY x.prepared)
                 FROM pg_catalog.pg_prepared_xacts x),
    'open', (SELECT jsonb_agg(jsonb_build_object(
                 'pid', a.pid, 'database', a.datname, 'user', a.usename, 'state', a.state,
                 'age_s', extract(epoch FROM clock_timestamp() - a.xact_start)::bigint) ORDER BY a.xact_start, a.pid)
             FROM pg_catalog.pg_stat_activity a
             WHERE a.pid <> pg_backend_pid() AND a.xact_start < clock_timestamp() - interval '10 seconds'
               AND EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid = a.pid AND l.locktype = 'transactionid'
                           AND l.mode = 'ExclusiveLock' AND l.granted)))
