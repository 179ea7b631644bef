CREATE TRIGGER {name} BEFORE INSERT ON {table} BEGIN
    INSERT INTO badged_change ("table", row) SELECT {table_text}, {rowid} FROM {table} WHERE {match};
END
