CREATE TRIGGER {name} AFTER INSERT ON {table} BEGIN
    INSERT INTO badged_change ("table", row) VALUES ({table_text}, NEW.{rowid});
END
