SELECT count(*) FROM (SELECT FROM {table} LIMIT 100000) AS visible
