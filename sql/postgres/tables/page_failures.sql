-- A page that an attempt could not read. Counted in knowledge.crawlFailures until it is resolved.
CREATE TABLE IF NOT EXISTS public.page_failures (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    crawl_attempt_id uuid NOT NULL REFERENCES public.crawl_attempts (id) ON DELETE CASCADE,
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    page_url text NOT NULL,
    page_title text,
    error_type text
        CHECK (error_type IN ('network', 'auth', 'conflict', 'timeout', 'server', 'parsing', 'content')),
    error_code text,
    error_message text,
    error_details jsonb,
    attempt_number integer NOT NULL DEFAULT 1 CHECK (attempt_number >= 1),
    user_agent text,
    referrer text,
    is_resolved boolean NOT NULL DEFAULT false,
    resolution_notes text,
    resolved_at timestamptz,
    resolved_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS page_failures_unresolved ON public.page_failures (tenant_id, created_at, id)
    WHERE NOT is_resolved;
CREATE INDEX IF NOT EXISTS page_failures_list ON public.page_failures (tenant_id, created_at, id);
CREATE INDEX IF NOT EXISTS page_failures_crawl_attempt ON public.page_failures (crawl_attempt_id);
CREATE TRIGGER page_failures_updated_at BEFORE UPDATE ON public.page_failures
    FOR EACH ROW EXECUTE FUNCTION public.badged_set_updated_at();
