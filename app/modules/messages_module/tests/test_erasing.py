"""The erasure of the messages of an account, in chunks."""

from uuid import UUID, uuid4

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.messages_module.services.erasure import MESSAGES_OF_ACCOUNT
from app.modules.streams_module.services.log import now
from app.services.context import work_context
from app.utils.container import Container
from tests.fakers import FakeClient, ok

_ADD_CHATS = """
WITH made AS (
    INSERT INTO chat (id, type, created_by, active_at, last_seq)
    SELECT id, 'group', $1, now(), $3 FROM unnest($2::uuid[]) id RETURNING id
), streams AS (
    INSERT INTO stream (id) SELECT id FROM made
)
INSERT INTO account_chat (account_id, chat_id, joined_seq) SELECT $1, id, 1 FROM made
"""
_ADD_MESSAGES = """
INSERT INTO message (chat_id, seq, id, client_msg_id, sender_id, type, text, digest, created_at, event_seqs)
SELECT chat_id, seq, gen_random_uuid(), CASE WHEN $4 THEN gen_random_uuid() END, $1, 'text', 'слово', '', now(), '{}'
FROM unnest($2::uuid[]) chat_id, generate_series(1, $3) seq
"""
_LIVE = "SELECT count(*) FROM message WHERE sender_id = $1 AND deleted_at IS NULL"
# Of the connection, since it last reported them.
_READ = "SELECT idx_tup_fetch + seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'message'"


async def add_messages(
    connection: Connection, account_id: UUID, chats: int, messages: int, *, with_keys: bool
) -> list[UUID]:
    """Adds chats with messages of the account. Returns the ids of the chats."""
    ids = [uuid4() for _ in range(chats)]
    await connection.execute(_ADD_CHATS, account_id, ids, messages)
    await connection.execute(_ADD_MESSAGES, account_id, ids, messages, with_keys)
    return ids


async def erase_some(container: Container, account_id: UUID) -> tuple[bool, int]:
    """Calls the hook once. Returns its result and the number of messages that were read."""
    async with open_unit_of_work(container.get(Database)) as work:
        context = await work_context(work, container, now())
        before = await context.connection.fetchval(_READ)
        result = await MESSAGES_OF_ACCOUNT.erase(context, account_id, "delete", 50)
        return result, await context.connection.fetchval(_READ) - before


async def erase_all(container: Container, account_id: UUID) -> int:
    """Calls the hook until it has finished. Returns the number of messages that were read."""
    total, is_more = 0, True
    while is_more:
        is_more, read = await erase_some(container, account_id)
        total += read
    return total


@pytest.mark.parametrize(
    ("chats", "messages", "with_keys"), [(1, 600, True), (1, 600, False), (30, 10, True), (60, 1, False)]
)
async def test_three_times_as_many_messages_take_three_times_as_many_reads(
    connection: Connection, container: Container, chats: int, messages: int, with_keys: bool
) -> None:
    few, many = uuid4(), uuid4()
    await add_messages(connection, few, chats, messages, with_keys=with_keys)
    if chats == 1:
        await add_messages(connection, many, 1, 3 * messages, with_keys=with_keys)
    else:
        await add_messages(connection, many, 3 * chats, messages, with_keys=with_keys)
    # Plans that were made for an empty table are kept for some seconds, unless it is analyzed.
    await connection.execute("ANALYZE message")
    assert await erase_all(container, many) < 4 * await erase_all(container, few)
    for account_id in (few, many):
        assert await connection.fetchval(_LIVE, account_id) == 0


async def test_a_message_behind_the_place_that_the_erasure_has_reached_is_erased(
    connection: Connection, container: Container
) -> None:
    account_id = uuid4()
    (chat,) = await add_messages(connection, account_id, 1, 60, with_keys=True)
    assert (await erase_some(container, account_id))[0]
    await connection.execute("UPDATE message SET deleted_at = NULL WHERE chat_id = $1 AND deleted_at IS NOT NULL", chat)
    await erase_all(container, account_id)
    assert await connection.fetchval(_LIVE, account_id) == 0


async def test_messages_that_come_after_an_erasure_are_erased_by_the_next_one(
    connection: Connection, container: Container
) -> None:
    account_id = uuid4()
    for _ in range(2):
        await add_messages(connection, account_id, 2, 3, with_keys=False)
        await erase_all(container, account_id)
        assert await connection.fetchval(_LIVE, account_id) == 0


async def test_messages_of_others_and_of_deleted_chats_are_not_erased(
    connection: Connection, container: Container, anna: FakeClient, boris: FakeClient
) -> None:
    club, left, deleted = [await anna.open_chat(boris) for _ in range(3)]
    for chat in (club, left, deleted):
        for user in (anna, boris):
            await user.send(chat, "слово")
    ok(await boris.delete(f"/chats/{left}/members/{boris.id}"))
    await connection.execute("UPDATE chat SET deleted_at = now(), purged_at = now() WHERE id = $1", UUID(deleted))
    await erase_all(container, boris.uuid)
    texts = {chat: [m["text"] for m in ok(await anna.get(f"/chats/{chat}/messages"))["items"]] for chat in (club, left)}
    assert texts == {club: ["слово", ""], left: ["слово", ""]}
    live = "SELECT count(*) FROM message WHERE chat_id = $1 AND deleted_at IS NULL"
    assert await connection.fetchval(live, UUID(deleted)) == 2
