-- Live rows for measurements on Postgres, in the tables of bench/postgres.sql: so many :rows over the five tables that
-- badges count, spread evenly over so many :tenants. The shares are those of bench/rows.sql.

INSERT INTO crawl_attempts (id, tenant_id, source_url, source_type, status, pages_found, can_retry, created_at, updated_at)
SELECT numbered('20000000-0000-4000-8000-', i), numbered('00000000-0000-4000-8000-', 1 + i % :tenants),
    'https://example.org/docs/' || i, 'url', 'failed', 0, true, now(), now()
FROM generate_series(0, :rows::bigint * 30 / 100 - 1) AS i;

INSERT INTO page_failures (id, crawl_attempt_id, tenant_id, page_url, is_resolved, created_at, updated_at)
SELECT numbered('30000000-0000-4000-8000-', i), numbered('20000000-0000-4000-8000-', i * 3 / 4),
    numbered('00000000-0000-4000-8000-', 1 + i % :tenants), 'https://example.org/docs/' || i, false, now(), now()
FROM generate_series(0, :rows::bigint * 40 / 100 - 1) AS i;

INSERT INTO feedback (id, tenant_id, type, priority, status, title, created_at, updated_at)
SELECT numbered('40000000-0000-4000-8000-', i), numbered('00000000-0000-4000-8000-', 1 + i % :tenants),
    'bug', CASE i / :tenants % 2 WHEN 0 THEN 'urgent' ELSE 'high' END, 'open', 'The widget stays empty', now(), now()
FROM generate_series(0, :rows::bigint * 15 / 100 - 1) AS i;

INSERT INTO integrations (id, tenant_id, provider, name, status, created_at, updated_at)
SELECT numbered('50000000-0000-4000-8000-', i), numbered('00000000-0000-4000-8000-', 1 + i % :tenants),
    'slack', 'Slack ' || i, CASE i / :tenants % 2 WHEN 0 THEN 'error' ELSE 'disabled' END, now(), now()
FROM generate_series(0, :rows::bigint * 1 / 100 - 1) AS i;

INSERT INTO integration_outbox (id, tenant_id, provider, conversation_id, payload, status, attempts, created_at)
SELECT i, numbered('00000000-0000-4000-8000-', 1 + i % :tenants),
    'slack', numbered('10000000-0000-4000-8000-', i / (2 * :tenants) * :tenants + i % :tenants),
    '{"text":"A visitor asks for a person."}', 'failed', 5, now()
FROM generate_series(0, :rows::bigint * 14 / 100 - 1) AS i;

INSERT INTO visits_of_tenants (tenant_id)
SELECT numbered('00000000-0000-4000-8000-', i)
FROM generate_series(1, :tenants) AS i;

VACUUM ANALYZE;
CHECKPOINT;
