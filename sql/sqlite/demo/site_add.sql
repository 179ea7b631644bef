INSERT INTO tenant_sites (id, tenant_id, name, domain)
VALUES (:id, :tenant, :name, :domain);
