INSERT INTO badged_change ("table", row) VALUES ('', 0)
