INSERT INTO page_failures (id, crawl_attempt_id, tenant_id, page_url, page_title, error_type, error_code, error_message,
    user_agent, created_at, updated_at)
VALUES (:id, :crawl, :tenant, :url, :title, :error_type, :error_code, :error_message, 'badged-demo/1',
    :at, :at);
