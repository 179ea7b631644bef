-- $1: the index that was built.
DELETE FROM public.badged_migrations WHERE name = $1 AND state = 'building'
