(SELECT {tenant}::text FROM {table} WHERE ({where}) AND {tenant} IS NOT NULL LIMIT 2)
