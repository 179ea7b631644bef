-- Whether Postgres takes a predicate: prepared, never run.
SELECT FROM {table} WHERE ({where})
