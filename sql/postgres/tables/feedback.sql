-- What a person reported. Counted in feedback while it is urgent or high and not resolved.
CREATE TABLE IF NOT EXISTS public.feedback (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    conversation_id uuid,
    session_id text,
    type text NOT NULL DEFAULT 'general'
        CHECK (type IN ('bug', 'feature_request', 'improvement', 'general', 'ui_ux', 'performance')),
    category text,
    priority text NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
    status text NOT NULL DEFAULT 'open'
        CHECK (status IN ('open', 'in_review', 'planned', 'in_progress', 'completed', 'rejected', 'duplicate')),
    title text NOT NULL,
    description text,
    steps_to_reproduce text,
    expected_behavior text,
    actual_behavior text,
    user_name text,
    user_email text,
    contact_method text,
    contact_value text,
    user_agent text,
    url text,
    widget_version text,
    browser_info jsonb,
    tags text[] NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    resolved_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- What a person reported still wants an answer when the conversation it came from is erased.
ALTER TABLE public.feedback ADD CONSTRAINT feedback_conversation_id_fkey
    FOREIGN KEY (conversation_id) REFERENCES public.conversations (id) ON DELETE SET NULL;
CREATE INDEX IF NOT EXISTS feedback_pressing ON public.feedback (tenant_id, created_at, id)
    WHERE priority IN ('urgent', 'high') AND resolved_at IS NULL;
CREATE INDEX IF NOT EXISTS feedback_list ON public.feedback (tenant_id, created_at, id);
CREATE INDEX IF NOT EXISTS feedback_conversation ON public.feedback (conversation_id)
    WHERE conversation_id IS NOT NULL;
CREATE TRIGGER feedback_updated_at BEFORE UPDATE ON public.feedback
    FOR EACH ROW EXECUTE FUNCTION public.badged_set_updated_at();
