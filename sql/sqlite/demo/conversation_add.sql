INSERT INTO conversations (id, tenant_id, session_id, created_at)
VALUES (:id, :tenant, 'session-' || substr(:id, 1, 8), :at);
