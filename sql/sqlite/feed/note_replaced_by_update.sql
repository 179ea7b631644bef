CREATE TRIGGER {name} BEFORE UPDATE ON {table} WHEN {changed} BEGIN
    INSERT INTO badged_change ("table", row)
        SELECT {table_text}, {rowid} FROM {table} WHERE {match} AND {rowid} <> OLD.{rowid};
END
