-- Whom the walsender $1 waits for while it makes its slot: the holder of the transaction id it has asked a lock on. NULLs
-- while it waits for nobody, an empty text for what this role may not see; no row when there is no such walsender any more.
SELECT holder.pid::text,
       coalesce(nullif(activity.application_name, ''), activity.backend_type, 'a prepared transaction'),
       coalesce(activity.state, ''),
       coalesce(asked.transactionid::text, asked.virtualxid, ''),
       coalesce(pg_catalog.to_char(activity.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), '')
  FROM pg_catalog.pg_stat_activity sender
  LEFT JOIN (pg_catalog.pg_locks asked
             JOIN pg_catalog.pg_locks holder
               ON holder.granted AND holder.locktype = asked.locktype
              AND holder.transactionid IS NOT DISTINCT FROM asked.transactionid
              AND holder.virtualxid IS NOT DISTINCT FROM asked.virtualxid)
    ON asked.pid = sender.pid AND NOT asked.granted AND asked.locktype IN ('transactionid', 'virtualxid')
  LEFT JOIN pg_catalog.pg_stat_activity activity ON activity.pid = holder.pid
 WHERE sender.pid = $1::int4
 LIMIT 1
