-- Whether there is a record: files made by older badgeds, or by the sqlite3 shell, have none.
SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'badged_migrations'
