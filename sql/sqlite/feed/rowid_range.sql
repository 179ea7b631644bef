SELECT (SELECT min({rowid}) FROM {table}), (SELECT max({rowid}) FROM {table})
