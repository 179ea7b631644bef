UPDATE crawl_attempts
SET status = 'success', pages_found = :found, pages_crawled = :found, bytes_processed = :found * 18432,
    completed_at = min(:at, strftime('%Y-%m-%dT%H:%M:%fZ', started_at, :lasted_ms / 1000.0 || ' seconds')),
    duration_ms = min(:lasted_ms, CAST(round((julianday(:at) - julianday(started_at)) * 86400000) AS INTEGER)),
    updated_at = :at
WHERE id = :id;
