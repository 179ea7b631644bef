-- Whom the walsender $1 waits for while it makes its slot: the holder of the transaction id it has asked a lock on. NULLs
-- while it waits for nobody; no row when there is no such walsender any more.
SELECT holder.pid::text,
       coalesce(nullif(activity.application_name, ''), activity.backend_type, 'a prepared transaction'),
       coalesce(activity.state, ''),
       coalesce(asked.transactionid::text, asked.virtualxid, ''),
       coalesce(extract(epoch FROM pg_catalog.clock_timestamp() - activity.xact_start)::int8, 0)::text
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
