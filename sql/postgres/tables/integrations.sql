-- A service that a tenant connected. Counted in integrations.installed while it is broken or switched off.
CREATE TABLE IF NOT EXISTS public.integrations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    provider text NOT NULL,
    name text NOT NULL,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled', 'error')),
    -- Never leaves the server.
    credentials jsonb NOT NULL DEFAULT '{}',
    config jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS integrations_broken ON public.integrations (tenant_id, created_at, id)
    WHERE status IN ('error', 'disabled');
CREATE INDEX IF NOT EXISTS integrations_list ON public.integrations (tenant_id, created_at, id);
CREATE TRIGGER integrations_updated_at BEFORE UPDATE ON public.integrations
    FOR EACH ROW EXECUTE FUNCTION public.badged_set_updated_at();
