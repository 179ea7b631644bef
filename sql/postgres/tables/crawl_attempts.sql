-- One try at crawling a source. Counted in knowledge.sources while it is failed and can be retried.
CREATE TABLE IF NOT EXISTS public.crawl_attempts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    -- A site that is gone cannot be crawled again, so its failed crawls must not wait for a retry.
    site_id uuid REFERENCES public.tenant_sites (id) ON DELETE CASCADE,
    source_url text NOT NULL,
    source_type text NOT NULL DEFAULT 'url' CHECK (source_type IN ('url', 'sitemap', 'manual')),
    -- The attempt that this one replaces, or the job that both belong to.
    parent_job_id uuid,
    attempt_number integer NOT NULL DEFAULT 1 CHECK (attempt_number >= 1),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'crawling', 'success', 'failed', 'skipped')),
    pages_found integer NOT NULL DEFAULT 0,
    pages_crawled integer NOT NULL DEFAULT 0,
    pages_failed integer NOT NULL DEFAULT 0,
    pages_skipped integer NOT NULL DEFAULT 0,
    error_type text CHECK (error_type IN ('network', 'auth', 'conflict', 'timeout', 'server', 'parsing')),
    error_code text,
    error_message text,
    error_details jsonb,
    -- False once another attempt took its place: it stays failed, and is counted no more.
    can_retry boolean NOT NULL DEFAULT true,
    retry_after timestamptz,
    max_retries integer NOT NULL DEFAULT 3,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    completed_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    duration_ms bigint,
    bytes_processed bigint
);

CREATE INDEX IF NOT EXISTS crawl_attempts_retryable ON public.crawl_attempts (tenant_id, created_at, id)
    WHERE status = 'failed' AND can_retry;
CREATE INDEX IF NOT EXISTS crawl_attempts_list ON public.crawl_attempts (tenant_id, created_at, id);
CREATE INDEX IF NOT EXISTS crawl_attempts_site ON public.crawl_attempts (site_id) WHERE site_id IS NOT NULL;
CREATE TRIGGER crawl_attempts_updated_at BEFORE UPDATE ON public.crawl_attempts
    FOR EACH ROW EXECUTE FUNCTION public.badged_set_updated_at();
