-- Where badged keeps record of the files that it applied, as it does with Postgres.
CREATE TABLE IF NOT EXISTS badged_migrations (
    name TEXT NOT NULL PRIMARY KEY,
    sha256 TEXT NOT NULL,
    applied_at TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    version TEXT NOT NULL
)
