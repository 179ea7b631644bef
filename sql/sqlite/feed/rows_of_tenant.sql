SELECT {rowid}, {columns} FROM {table} WHERE {tenant} = ?1 AND ({where})
