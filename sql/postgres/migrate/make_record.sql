-- Where badged keeps record of the files that it applied to this database. Row level security without a policy keeps it
-- from everybody but its owner, also where roles are given rights on whatever appears in the schema public.
BEGIN;
CREATE TABLE public.badged_migrations (
    name text PRIMARY KEY,
    sha256 text NOT NULL,
    state text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    version text NOT NULL
);
ALTER TABLE public.badged_migrations ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON public.badged_migrations FROM PUBLIC;
COMMENT ON TABLE public.badged_migrations IS 'Files that `badged migrate up` applied here, and indexes that it is building.';
COMMIT;
