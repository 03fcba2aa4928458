\set chat random(1, :chats)
BEGIN;
UPDATE chat SET last_seq = last_seq + 1 WHERE id = :chat RETURNING last_seq \gset
INSERT INTO message (chat_id, seq, id, client_msg_id, text, created_at) VALUES (:chat, :last_seq, gen_random_uuid(), gen_random_uuid(), 'Привет! Встречаемся в семь у входа, билеты у меня.', now());
COMMIT;
