-- Where the server is: its identity, its timeline, the end of its WAL, when it started (microseconds), and whether it is a
-- standby, which says what it has replayed.
SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system())::text AS system,
       CASE WHEN pg_catalog.pg_is_in_recovery()
            THEN (SELECT timeline_id FROM pg_catalog.pg_control_checkpoint())::text
            ELSE ('x' || pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8))::bit(32)::int8::text
       END AS timeline,
       (CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
             ELSE pg_catalog.pg_current_wal_lsn() END)::text AS position,
       (extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000000)::int8::text AS started,
       pg_catalog.pg_is_in_recovery() AS is_standby
