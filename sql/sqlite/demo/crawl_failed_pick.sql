-- A failed crawl that waits for a retry, and the job that its first attempt began.
SELECT id, source_url, attempt_number, coalesce(parent_job_id, id), site_id, source_type FROM crawl_attempts
WHERE tenant_id = :tenant AND status = 'failed' AND can_retry
ORDER BY rowid
LIMIT 1 OFFSET :random % (SELECT max(1, count(*)) FROM crawl_attempts
    WHERE tenant_id = :tenant AND status = 'failed' AND can_retry);
