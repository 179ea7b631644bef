-- The old attempt stops being retryable in the transaction that adds the new one, so that the badge goes down by one.
UPDATE crawl_attempts
SET can_retry = 0, updated_at = :at
WHERE id = :id;
