-- $1: the file, $2: its SHA-256, $3: by which version of badged.
INSERT INTO public.badged_migrations (name, sha256, state, version) VALUES ($1, $2, 'applied', $3)
ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256, state = 'applied', applied_at = now(), version = excluded.version
