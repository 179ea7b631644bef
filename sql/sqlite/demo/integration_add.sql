INSERT INTO integrations (id, tenant_id, provider, name, config, created_at, updated_at)
VALUES (:id, :tenant, :provider, :name, json_object('notify', json_array('escalation', 'feedback')),
    :at, :at);
