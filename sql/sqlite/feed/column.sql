SELECT name, type FROM pragma_table_xinfo(?1) WHERE name = ?2 COLLATE NOCASE
