UPDATE integrations
SET status = :status, updated_at = :at
WHERE id = :id;
