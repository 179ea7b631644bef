UPDATE feedback
SET status = 'completed',
    resolved_at = :at, updated_at = :at
WHERE id = :id;
