INSERT INTO tenants (id, name, slug, created_at)
VALUES (:tenant, :name, :slug, :at);
