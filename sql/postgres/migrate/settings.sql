-- For this session: it writes, as no other does; waiting for a lock that nobody else waits behind is no harm; files set
-- what they need themselves.
SET default_transaction_read_only = off; SET lock_timeout = 0; SET badged.large_table_bytes = 1048576
