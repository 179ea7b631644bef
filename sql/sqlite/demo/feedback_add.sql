INSERT INTO feedback (id, tenant_id, session_id, type, category, priority, title, description, user_name, user_email,
    contact_method, contact_value, url, widget_version, tags, created_at, updated_at)
VALUES (:id, :tenant, 'session-' || substr(:id, 1, 8), :type, 'website', :priority, :title, :description, :name, :email,
    'email', :email, :url, '2.4.1', json_array(:type),
    :at, :at);
