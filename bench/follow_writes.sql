-- What pgbench runs: of three statements that write, one goes to a table that badges count.
\set tenant random(1, :tenants)
\set row random(0, :rows - 1)
BEGIN;
UPDATE page_failures SET is_resolved = NOT is_resolved WHERE id = numbered('30000000-0000-4000-8000-', :row);
INSERT INTO visits (tenant_id, path) VALUES (numbered('00000000-0000-4000-8000-', :tenant), '/docs/start');
UPDATE visits_of_tenants SET visits = visits + 1 WHERE tenant_id = numbered('00000000-0000-4000-8000-', :tenant);
COMMIT;
