-- A crawl that went well has read the pages that earlier crawls of the same address could not.
UPDATE page_failures
SET is_resolved = 1, resolution_notes = 'Read by a later crawl', resolved_by = 'crawler',
    resolved_at = :at, updated_at = :at
WHERE NOT is_resolved AND crawl_attempt_id IN (
    SELECT id FROM crawl_attempts WHERE tenant_id = :tenant AND source_url = :url);
