-- The newest crawl that came to an end: what a page failure found now belongs to.
SELECT id, source_url FROM crawl_attempts
WHERE tenant_id = :tenant AND status IN ('success', 'failed')
ORDER BY rowid DESC
LIMIT 1;
