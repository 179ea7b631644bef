-- One transaction of so many :rows, all of them live.
INSERT INTO page_failures (id, crawl_attempt_id, tenant_id, page_url, is_resolved, created_at, updated_at)
SELECT numbered('70000000-0000-4000-8000-', i), numbered('20000000-0000-4000-8000-', i),
    numbered('00000000-0000-4000-8000-', 1 + i % :tenants), 'https://example.org/', false, now(), now()
FROM generate_series(1, :rows::bigint) AS i;
