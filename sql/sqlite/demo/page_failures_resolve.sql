UPDATE page_failures
SET is_resolved = 1, resolution_notes = :notes, resolved_by = :by,
    resolved_at = :at, updated_at = :at
WHERE id IN (
    SELECT id FROM page_failures WHERE tenant_id = :tenant AND NOT is_resolved ORDER BY rowid LIMIT :count);
