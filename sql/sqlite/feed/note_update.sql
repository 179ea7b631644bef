CREATE TRIGGER {name} AFTER UPDATE ON {table} BEGIN
    INSERT INTO badged_change ("table", row) VALUES ({table_text}, NEW.{rowid});
    INSERT INTO badged_change ("table", row) SELECT {table_text}, OLD.{rowid} WHERE OLD.{rowid} <> NEW.{rowid};
END
