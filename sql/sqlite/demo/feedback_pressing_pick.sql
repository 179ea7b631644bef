SELECT id, title, priority FROM feedback
WHERE tenant_id = :tenant AND priority IN ('urgent', 'high') AND resolved_at IS NULL
ORDER BY rowid
LIMIT 1;
