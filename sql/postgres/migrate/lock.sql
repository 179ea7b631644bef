-- One migration at a time in a database. The lock is this session's, and ends with it.
SELECT pg_try_advisory_lock(1650747236, 1)
