-- ?1: the file, ?2: its SHA-256, ?3: by which version of badged.
INSERT INTO badged_migrations (name, sha256, version) VALUES (?1, ?2, ?3)
ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256, applied_at = excluded.applied_at, version = excluded.version
