-- The last attempt that is allowed is not offered for another retry.
UPDATE crawl_attempts
SET status = 'failed', can_retry = attempt_number < max_retries,
    error_type = :error_type, error_code = :error_code, error_message = :error_message,
    pages_found = :found, pages_crawled = :found - :failed, pages_failed = :failed,
    completed_at = min(:at, strftime('%Y-%m-%dT%H:%M:%fZ', started_at, :lasted_ms / 1000.0 || ' seconds')),
    duration_ms = min(:lasted_ms, CAST(round((julianday(:at) - julianday(started_at)) * 86400000) AS INTEGER)),
    updated_at = :at
WHERE id = :id;
