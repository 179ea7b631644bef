SELECT id, source_url, attempt_number FROM crawl_attempts
WHERE tenant_id = :tenant AND status = 'crawling'
ORDER BY rowid
LIMIT 1;
