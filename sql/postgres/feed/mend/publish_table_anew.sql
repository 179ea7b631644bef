ALTER PUBLICATION {publication} DROP TABLE {old}; ALTER PUBLICATION {publication} ADD TABLE {table}
