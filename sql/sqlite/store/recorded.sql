-- The files that were applied, as one JSON list.
SELECT json_group_array(json_object('file', name, 'sha256', sha256, 'version', version, 'applied_at', applied_at))
FROM badged_migrations
