-- A crawl that waits for its turn, as the first attempt or in place of one that failed.
INSERT INTO crawl_attempts (id, tenant_id, site_id, source_url, source_type, parent_job_id, attempt_number, status,
    created_at, updated_at)
VALUES (:id, :tenant, :site, :url, :type, :parent, :attempt, 'pending',
    :at, :at);
