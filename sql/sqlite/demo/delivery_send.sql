UPDATE integration_outbox
SET status = 'sent', attempts = attempts + 1, next_attempt_at = NULL, last_error = NULL,
    sent_at = :at
WHERE id = :id;
