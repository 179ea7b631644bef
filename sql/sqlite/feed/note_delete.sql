CREATE TRIGGER {name} AFTER DELETE ON {table} BEGIN
    INSERT INTO badged_change ("table", row) VALUES ({table_text}, OLD.{rowid});
END
