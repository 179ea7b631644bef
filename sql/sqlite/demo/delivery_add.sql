INSERT INTO integration_outbox (tenant_id, provider, integration_id, conversation_id, payload, message_context,
    next_attempt_at, created_at)
VALUES (:tenant, :provider, :integration, :conversation,
    json_object('event', 'conversation.escalated', 'conversation_id', :conversation, 'question', :question),
    json_object('customer', :customer),
    :at, :at);
