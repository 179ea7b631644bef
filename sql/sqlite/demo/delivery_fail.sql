UPDATE integration_outbox
SET status = 'failed', attempts = attempts + 5, next_attempt_at = NULL, last_error = :error
WHERE id = :id;
