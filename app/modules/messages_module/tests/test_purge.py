"""The purge of messages and reactions of a deleted chat, in chunks."""

from uuid import UUID, uuid4

from app.adapters.db.connection import Connection
from app.modules.messages_module.db.cruds.purge import purge_chat

_ADD_MESSAGES = """
INSERT INTO message (chat_id, seq, id, sender_id, type, text, digest, created_at, event_seqs)
SELECT $1, seq, gen_random_uuid(), gen_random_uuid(), 'text', '', '', now(), '{}' FROM generate_series(1, $2) seq
"""
_ADD_REACTIONS = """
INSERT INTO reaction (chat_id, seq, emoji, account_id, created_at)
SELECT $1, seq, '👍', gen_random_uuid(), now() FROM generate_series(1, $2) seq, generate_series(1, $3)
"""
_LEFT = """
SELECT (SELECT count(*) FROM message WHERE chat_id = $1), (SELECT count(*) FROM reaction WHERE chat_id = $1)
"""


async def test_one_call_deletes_no_more_rows_than_the_limit_however_many_reactions_a_message_has(
    sql: Connection,
) -> None:
    chat, other = uuid4(), uuid4()
    for each in (chat, other):
        await sql.execute(_ADD_MESSAGES, each, 12)
        await sql.execute(_ADD_REACTIONS, each, 12, 3)

    async def left(of: UUID) -> tuple[int, ...]:
        (counts,) = await sql.fetch(_LEFT, of)
        return tuple(counts)

    before = await left(chat)
    while await purge_chat(sql, chat, 10):
        after = await left(chat)
        assert all(0 <= was - now <= 10 for was, now in zip(before, after, strict=True)), (before, after)
        assert after != before
        before = after
    assert await left(chat) == (0, 0)
    assert await left(other) == (12, 36)
