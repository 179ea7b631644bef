-- $1: the index that is about to be built, $2: the SHA-256 of its statement, $3: by which version of badged.
INSERT INTO public.badged_migrations (name, sha256, state, version) VALUES ($1, $2, 'building', $3)
ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256, state = 'building', applied_at = now(), version = excluded.version
