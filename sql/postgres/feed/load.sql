COPY (SELECT {columns} FROM {table} WHERE {where}) TO STDOUT
