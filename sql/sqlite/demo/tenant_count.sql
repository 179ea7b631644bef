-- Whether a tenant of the demonstration is there.
SELECT count(*) FROM tenants WHERE id = :tenant;
