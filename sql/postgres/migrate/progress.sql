-- How far process $1 is with its index.
SELECT p.phase, CASE WHEN p.blocks_total > 0 THEN 100 * p.blocks_done / p.blocks_total END, nullif(p.current_locker_pid, 0)
FROM pg_catalog.pg_stat_progress_create_index p
WHERE p.pid = $1::int
