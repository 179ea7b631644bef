CREATE INDEX ON {table} ({columns}) WHERE {where}
