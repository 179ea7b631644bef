SELECT * FROM (SELECT {tenant} FROM {table} WHERE ({where}) AND {tenant} IS NOT NULL LIMIT 2)
