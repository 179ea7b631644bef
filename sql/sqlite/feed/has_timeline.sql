SELECT count(*) FROM badged_meta WHERE key = 'timeline'
