CREATE INDEX CONCURRENTLY ON {table} ({columns}) WHERE {where}
