ALTER TABLE {table} ADD PRIMARY KEY ({columns})
