-- For this session: waiting for a lock that nobody else waits behind is no harm; files set what they need themselves.
SET lock_timeout = 0; SET badged.large_table_bytes = 1048576
