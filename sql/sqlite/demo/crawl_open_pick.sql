SELECT id, source_url, attempt_number, status FROM crawl_attempts
WHERE tenant_id = :tenant AND status IN ('pending', 'crawling')
ORDER BY rowid
LIMIT 1;
