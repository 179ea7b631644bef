EXPLAIN (FORMAT JSON) SELECT count({counted}) FROM {table} WHERE ({where}) AND {tenant} = '{id}'
