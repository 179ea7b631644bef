SELECT {rowid}, {columns} FROM {table} NOT INDEXED WHERE {rowid} BETWEEN ?1 AND ?2 AND ({where})
