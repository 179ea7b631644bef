UPDATE crawl_attempts
SET status = 'crawling', started_at = :at, updated_at = :at
WHERE id = :id;
