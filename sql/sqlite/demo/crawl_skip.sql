UPDATE crawl_attempts
SET status = 'skipped', completed_at = :at, updated_at = :at
WHERE id = :id;
