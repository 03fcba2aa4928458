CREATE TABLE chat (id int PRIMARY KEY, last_seq bigint NOT NULL DEFAULT 0) WITH (fillfactor = 50);
CREATE TABLE message (
    chat_id int NOT NULL,
    seq bigint NOT NULL,
    id uuid NOT NULL,
    client_msg_id uuid NOT NULL,
    text text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (chat_id, seq),
    UNIQUE (chat_id, client_msg_id)
);
INSERT INTO chat (id) SELECT generate_series(1, 16);
