SELECT value FROM badged_meta WHERE key = 'timeline'
