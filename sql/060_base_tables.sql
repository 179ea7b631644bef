-- The tables that the badge tables refer to: tenants, their sites, their conversations. For a database that has none of
-- its own. Run it with `psql -f`, paste it into an SQL editor, or let `badged migrate up` run it.
--
-- A table of that name is left exactly as it is, whatever it looks like: it is yours. The badge tables need of it that
-- id is a uuid and its primary key. It may be run again.

BEGIN;

-- Nothing that somebody put into another schema takes the place of what is meant.
SET LOCAL search_path = pg_catalog;

DO $badged$
BEGIN
    IF to_regclass('public.tenants') IS NULL THEN
        CREATE TABLE public.tenants (
            id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
            name text NOT NULL,
            slug text NOT NULL UNIQUE,
            created_at timestamptz NOT NULL DEFAULT now()
        );
        COMMENT ON TABLE public.tenants IS 'Customers, who see nothing of each other. Each has badges of its own.';
    END IF;

    IF to_regclass('public.tenant_sites') IS NULL THEN
        CREATE TABLE public.tenant_sites (
            id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
            tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
            name text NOT NULL,
            domain text NOT NULL,
            UNIQUE (tenant_id, domain)
        );
        COMMENT ON TABLE public.tenant_sites IS 'Sites of a tenant that are crawled.';
    END IF;

    IF to_regclass('public.conversations') IS NULL THEN
        CREATE TABLE public.conversations (
            id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
            tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
            session_id text,
            created_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX conversations_list ON public.conversations (tenant_id, created_at, id);
        COMMENT ON TABLE public.conversations IS 'Conversations of a tenant''s visitors. Deliveries and feedback refer to them.';
    END IF;
END
$badged$;

COMMIT;
