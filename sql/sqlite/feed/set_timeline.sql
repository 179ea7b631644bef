UPDATE badged_meta SET value = ?1 WHERE key = 'timeline'
