-- What 001_tables.sql makes for the log, for a file where somebody dropped it. A log that is begun anew counts from 1
-- again, so its positions belong to another timeline.

CREATE TABLE IF NOT EXISTS badged_meta (
    key TEXT NOT NULL PRIMARY KEY,
    value
) WITHOUT ROWID;

INSERT INTO badged_meta (key, value) VALUES ('timeline', 1) ON CONFLICT DO NOTHING;

UPDATE badged_meta
   SET value = value + 1
 WHERE key = 'timeline' AND NOT EXISTS (SELECT * FROM sqlite_schema WHERE type = 'table' AND name = 'badged_change');

CREATE TABLE IF NOT EXISTS badged_change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    "table" TEXT NOT NULL,
    row INTEGER NOT NULL,
    salt INTEGER NOT NULL DEFAULT (random())
);

CREATE TRIGGER IF NOT EXISTS badged_change_ring AFTER INSERT ON badged_change WHEN NEW.seq % 1024 = 0
BEGIN
    DELETE FROM badged_change WHERE seq <= NEW.seq - 262144;
END;
