-- Rows for measurements, in the tables of sql/sqlite/001_tables.sql. The table size (tenants, rows, live_percent) says
-- how many: `rows` over the five tables that badges count, spread evenly over the tenants, of which live_percent in a
-- hundred match the predicate of a built-in badge. Every delivery has a conversation, two of them the same one, so that
-- a live one counts in two badges.
--
-- Keys rise, as they do where a uuid begins with the time, so that the tables are written front to back.

INSERT INTO tenants (id, name, slug)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT tenants FROM size))
SELECT printf('00000000-0000-4000-8000-%012x', i), 'Tenant ' || i, 'tenant-' || i
FROM n;

INSERT INTO tenant_sites (id, tenant_id, name, domain)
SELECT printf('00000000-0000-4000-9000-%012x', rowid), id, name, slug || '.example'
FROM tenants;

-- i numbers the rows of one table, t is the tenant's number, is_live whether the row shall match.
CREATE TEMP TABLE pick (i INTEGER PRIMARY KEY, t INTEGER NOT NULL, is_live INTEGER NOT NULL, at TEXT NOT NULL);

INSERT INTO pick
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT rows * 40 / 100 - 1 FROM size))
SELECT i, i % tenants + 1, (i / tenants * 37 + i % tenants * 13) % 100 < live_percent,
    printf('2026-%02d-%02dT%02d:%02d:%02d.%03dZ',
        1 + i / 2332800000 % 12, 1 + i / 86400000 % 27, i / 3600000 % 24, i / 60000 % 60, i / 1000 % 60, i % 1000)
FROM n, size;

INSERT INTO conversations (id, tenant_id, session_id, created_at)
SELECT printf('10000000-0000-4000-8000-%012x', i), printf('00000000-0000-4000-8000-%012x', t), 'session-' || i, at
FROM pick
WHERE i < (SELECT (rows * 14 / 100 / tenants / 2 + 1) * tenants FROM size);

INSERT INTO crawl_attempts (id, tenant_id, site_id, source_url, status, pages_found, error_type, error_code,
    error_message, can_retry, created_at, updated_at)
SELECT printf('20000000-0000-4000-8000-%012x', i), printf('00000000-0000-4000-8000-%012x', t),
    printf('00000000-0000-4000-9000-%012x', t), 'https://tenant-' || t || '.example/docs/' || i,
    iif(is_live, 'failed', 'success'), i % 50, iif(is_live, 'timeout', NULL), iif(is_live, 'ETIMEDOUT', NULL),
    iif(is_live, 'The site did not answer within 30 seconds.', NULL), is_live, at, at
FROM pick
WHERE i < (SELECT rows * 30 / 100 FROM size);

INSERT INTO page_failures (id, crawl_attempt_id, tenant_id, page_url, page_title, error_type, error_code,
    error_message, is_resolved, created_at, updated_at)
SELECT printf('30000000-0000-4000-8000-%012x', i), printf('20000000-0000-4000-8000-%012x', i * 3 / 4),
    printf('00000000-0000-4000-8000-%012x', t), 'https://tenant-' || t || '.example/docs/page-' || i, 'Page ' || i,
    'content', 'EMPTY', 'The page holds no text.', NOT is_live, at, at
FROM pick;

INSERT INTO feedback (id, tenant_id, conversation_id, type, priority, title, description, created_at, updated_at)
SELECT printf('40000000-0000-4000-8000-%012x', i), printf('00000000-0000-4000-8000-%012x', t), NULL, 'bug',
    iif(is_live, iif(i / (SELECT tenants FROM size) % 2, 'urgent', 'high'), 'low'), 'The widget stays empty',
    'On page ' || i || ' the widget opens, and nothing is in it.', at, at
FROM pick
WHERE i < (SELECT rows * 15 / 100 FROM size);

INSERT INTO integrations (id, tenant_id, provider, name, status, created_at, updated_at)
SELECT printf('50000000-0000-4000-8000-%012x', i), printf('00000000-0000-4000-8000-%012x', t), 'slack', 'Slack ' || i,
    iif(is_live, iif(i / (SELECT tenants FROM size) % 2, 'error', 'disabled'), 'active'), at, at
FROM pick
WHERE i < (SELECT rows * 1 / 100 FROM size);

INSERT INTO integration_outbox (tenant_id, provider, conversation_id, payload, status, attempts, next_attempt_at,
    last_error, created_at)
SELECT printf('00000000-0000-4000-8000-%012x', t), 'slack',
    printf('10000000-0000-4000-8000-%012x', i / (2 * tenants) * tenants + i % tenants),
    '{"text":"A visitor asks for a person."}', iif(is_live, 'failed', 'sent'), 5, NULL,
    iif(is_live, 'channel_not_found', NULL), at
FROM pick, size
WHERE i < rows * 14 / 100;

DROP TABLE pick;
