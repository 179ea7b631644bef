-- A database that grew on its own, for tests of migrating it: some badge tables are there in an older shape, some with
-- more than badged knows, and others are none of its business.

CREATE SCHEMA auth;
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('request.jwt.claim.sub', true), '')::uuid
$$;

CREATE TABLE tenants (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name varchar(80) NOT NULL,
    slug text UNIQUE,
    plan text NOT NULL DEFAULT 'free',
    created_at timestamp DEFAULT now()
);
CREATE TABLE tenant_sites (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    name text, domain text
);
CREATE TABLE conversations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    session_id text,
    topic text
);

-- No conversation_id, a wider key of statuses, no index.
CREATE TABLE integration_outbox (
    id bigserial PRIMARY KEY,
    tenant_id uuid NOT NULL,
    provider varchar(40) NOT NULL,
    payload jsonb NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'failed', 'dead')),
    attempts smallint NOT NULL DEFAULT 0,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- A column for searching that Postgres keeps, other priorities, a trigger of its own.
CREATE TABLE feedback (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    type text NOT NULL CHECK (type IN ('bug', 'praise')),
    priority text NOT NULL CHECK (priority IN ('low', 'normal', 'high', 'urgent', 'on fire')),
    title text NOT NULL,
    description text,
    search tsvector GENERATED ALWAYS AS (to_tsvector('english', title || ' ' || coalesce(description, ''))) STORED,
    resolved_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX feedback_search ON feedback USING gin (search);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at = now(); RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON feedback FOR EACH ROW EXECUTE FUNCTION touch();

-- Policies as Supabase's guides write them.
CREATE TABLE integrations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    user_id uuid,
    provider text NOT NULL,
    name text,
    status text NOT NULL DEFAULT 'active'
);
ALTER TABLE integrations ENABLE ROW LEVEL SECURITY;
CREATE POLICY "own integrations" ON integrations USING (auth.uid() = user_id);

-- Of the names that badged uses, in another spelling and in another schema.
CREATE TABLE "crawlAttempts" (id uuid PRIMARY KEY, "tenantId" uuid NOT NULL, "canRetry" boolean, status text);
CREATE SCHEMA "Billing";
CREATE TABLE "Billing".feedback (id serial PRIMARY KEY, tenant text, stars integer);
CREATE TABLE "Billing".page_failures (id serial PRIMARY KEY);

INSERT INTO tenants (id, name, slug) VALUES
    ('11111111-1111-4111-8111-111111111111', 'Café Ünïcode', 'cafe'),
    ('22222222-2222-4222-8222-222222222222', 'b', NULL);
INSERT INTO tenant_sites (tenant_id, name, domain) SELECT id, 'site', 'a.example' FROM tenants;
INSERT INTO conversations (tenant_id, session_id, topic) SELECT id, 's', E'tab\there' FROM tenants;
INSERT INTO integration_outbox (tenant_id, provider, payload, status)
SELECT t.id, 'slack', jsonb_build_object('n', n, 'text', repeat('x', n)),
       (ARRAY['pending', 'sent', 'failed', 'dead'])[1 + n % 4]
FROM tenants t, generate_series(1, 200) n;
INSERT INTO integration_outbox (tenant_id, provider, payload) VALUES (gen_random_uuid(), 'orphan', '{}');
INSERT INTO feedback (tenant_id, type, priority, title, description)
SELECT t.id, 'praise', (ARRAY['low', 'normal', 'high', 'urgent', 'on fire'])[1 + n % 5], 'title ' || n, NULL
FROM tenants t, generate_series(1, 100) n;
INSERT INTO integrations (tenant_id, provider, status) SELECT id, 'crm', 'paused' FROM tenants;
INSERT INTO "crawlAttempts" SELECT gen_random_uuid(), id, true, 'failed' FROM tenants;
INSERT INTO "Billing".feedback (tenant, stars) VALUES ('a', 5);
