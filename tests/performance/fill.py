"""Fills the messenger's tables by SQL statements: a million messages in seconds.

The rows are those that the same sends would have written: messages, events and counters agree."""

from uuid import UUID

import asyncpg

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection

_MESSAGES = """
WITH added AS (
    INSERT INTO message (chat_id, seq, id, client_msg_id, sender_id, type, text, digest, created_at, event_seqs)
    SELECT $1, n, gen_random_uuid(), gen_random_uuid(), $2, 'text', 'Сообщение номер ' || n, '\\x00', now(),
           ARRAY[$5 + n - $3]
    FROM generate_series($3::bigint + 1, $4::bigint) AS n
)
INSERT INTO event (stream_id, seq, kind, data, at)
SELECT $1, $5 + n - $3, 'message.created', json_build_object(
    'id', gen_random_uuid(), 'chat_id', $1, 'seq', n, 'client_msg_id', NULL, 'sender_id', $2, 'type', 'text',
    'text', 'Сообщение номер ' || n, 'reply_to_seq', NULL, 'created_at', now(), 'edited_at', NULL, 'deleted_at', NULL,
    'reactions', '[]'::json), now()
FROM generate_series($3::bigint + 1, $4::bigint) AS n
"""
_ACCOUNTS = """
WITH added AS (
    INSERT INTO account (email, email_key, username, display_name, password_hash)
    SELECT $1 || n || '@example.com', $1 || n || '@example.com', $1 || n, 'Member', ''
    FROM generate_series(1, $2::int) AS n
    RETURNING id
)
INSERT INTO stream (id) SELECT id FROM added RETURNING id
"""
_MEMBERS = """
WITH new AS (SELECT account_id, place FROM unnest($2::uuid[]) WITH ORDINALITY AS new(account_id, place)), listed AS (
    INSERT INTO account_chat (account_id, chat_id, joined_seq) SELECT account_id, $1, 1 FROM new
)
INSERT INTO chat_member (chat_id, account_id, role, joined_event_seq, joined_at)
SELECT $1, account_id, 'member', $3 + place, now() FROM new
"""
_CHATS = """
WITH added AS (
    INSERT INTO chat (id, type, title, created_by, owner_id, member_count, last_seq, active_at)
    SELECT gen_random_uuid(), 'group', 'Chat ' || n, $1, $1, 1, 1, now() - n * interval '1 minute'
    FROM generate_series(1, $2::int) AS n
    RETURNING id
), streams AS (
    INSERT INTO stream (id, last_seq) SELECT id, 1 FROM added
), joined AS (
    INSERT INTO chat_member (chat_id, account_id, role, joined_event_seq, joined_at)
    SELECT id, $1, 'owner', 1, now() FROM added
), said AS (
    INSERT INTO message (chat_id, seq, id, sender_id, type, text, digest, created_at, event_seqs)
    SELECT id, 1, gen_random_uuid(), $1, 'text', 'Привет', '\\x00', now(), '{}' FROM added
)
INSERT INTO account_chat (account_id, chat_id, joined_seq) SELECT $1, id, 1 FROM added
"""

_EVENTS = """
WITH theirs AS (
    SELECT chat_id, row_number() OVER (ORDER BY chat_id) - 1 AS place, count(*) OVER () AS chats
    FROM account_chat WHERE account_id = $1
), busy AS (
    SELECT chat_id, $2::bigint / chats + (place < $2::bigint % chats)::int AS many FROM theirs
), written AS (
    INSERT INTO event (stream_id, seq, kind, data, at)
    SELECT chat_id, n + 1, 'chat.updated', json_build_object('chat_id', chat_id, 'title', repeat('ж', 100)), now()
    FROM busy, generate_series(1, many) AS n
)
UPDATE stream SET last_seq = 1 + many FROM busy WHERE id = chat_id RETURNING id, many
"""


async def connect(address: DatabaseAddress) -> Connection:
    return await asyncpg.connect(**address.connect_arguments())


async def fill_messages(address: DatabaseAddress, chat_id: str, sender_id: str, count: int) -> None:
    """Adds messages until the chat has `count`."""
    connection = await connect(address)
    try:
        async with connection.transaction():
            head = await connection.fetchval("SELECT last_seq FROM stream WHERE id = $1 FOR UPDATE", UUID(chat_id))
            last = await connection.fetchval("SELECT last_seq FROM chat WHERE id = $1", UUID(chat_id))
            if last >= count:
                return
            await connection.execute(_MESSAGES, UUID(chat_id), UUID(sender_id), last, count, head)
            await connection.execute("UPDATE chat SET last_seq = $2 WHERE id = $1", UUID(chat_id), count)
            await connection.execute(
                "UPDATE stream SET last_seq = $2 WHERE id = $1", UUID(chat_id), head + count - last
            )
        await connection.execute("VACUUM (ANALYZE) message, event, chat, stream")
    finally:
        await connection.close()


async def fill_members(address: DatabaseAddress, chat_id: str, count: int) -> None:
    """Adds members to a chat who do nothing. Their `member.added` events are left out."""
    connection = await connect(address)
    try:
        async with connection.transaction():
            rows = await connection.fetch(_ACCOUNTS, f"m{chat_id[:8]}.", count)
            head = await connection.fetchval("SELECT last_seq FROM stream WHERE id = $1 FOR UPDATE", UUID(chat_id))
            await connection.execute(_MEMBERS, UUID(chat_id), [row["id"] for row in rows], head)
            await connection.execute(
                "UPDATE chat SET member_count = member_count + $2 WHERE id = $1", UUID(chat_id), count
            )
        await connection.execute("VACUUM (ANALYZE) account, account_chat, chat_member, chat, stream")
    finally:
        await connection.close()


async def fill_chats(address: DatabaseAddress, account_id: str, count: int) -> None:
    """Creates chats with one message each and the account as their only member."""
    connection = await connect(address)
    try:
        await connection.execute(_CHATS, UUID(account_id), count)
        await connection.execute("VACUUM (ANALYZE) account_chat, chat_member, chat, stream, message")
    finally:
        await connection.close()


async def fill_events(address: DatabaseAddress, account_id: str, count: int) -> dict[str, int]:
    """Spreads `count` events over the chats of `fill_chats`, after their first one. Returns the number in each chat."""
    connection = await connect(address)
    try:
        rows = await connection.fetch(_EVENTS, UUID(account_id), count)
        await connection.execute("VACUUM (ANALYZE) event, stream")
        return {str(row["id"]): row["many"] for row in rows}
    finally:
        await connection.close()
