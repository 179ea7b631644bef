-- The tables that badges count, on Postgres: what bench/read.py fills with the rows of bench/rows.sql, column by column.

CREATE TABLE crawl_attempts (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    site_id uuid,
    source_url text NOT NULL,
    source_type text NOT NULL,
    status text NOT NULL,
    pages_found integer NOT NULL,
    error_type text,
    error_code text,
    error_message text,
    can_retry boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE page_failures (
    id uuid PRIMARY KEY,
    crawl_attempt_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    page_url text NOT NULL,
    page_title text,
    error_type text,
    error_code text,
    error_message text,
    is_resolved boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE feedback (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    conversation_id uuid,
    type text NOT NULL,
    priority text NOT NULL,
    status text NOT NULL,
    title text NOT NULL,
    description text,
    resolved_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE integrations (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    provider text NOT NULL,
    name text NOT NULL,
    status text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE integration_outbox (
    id bigint PRIMARY KEY,
    tenant_id uuid NOT NULL,
    provider text NOT NULL,
    integration_id uuid,
    conversation_id uuid,
    payload jsonb NOT NULL,
    status text NOT NULL,
    attempts integer NOT NULL,
    last_error text,
    created_at timestamptz NOT NULL
);
