INSERT INTO badged_meta (key, value) VALUES ('timeline', ?1) ON CONFLICT (key) DO UPDATE SET value = excluded.value
