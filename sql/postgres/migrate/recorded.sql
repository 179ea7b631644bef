-- The files that were applied, and the indexes that are being built or were left half built, as one JSON list.
SELECT coalesce(jsonb_agg(jsonb_build_object('file', m.name, 'state', m.state, 'sha256', m.sha256, 'version', m.version, 'applied_at',
    to_char(m.applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) ORDER BY m.name), '[]')
FROM public.badged_migrations m
