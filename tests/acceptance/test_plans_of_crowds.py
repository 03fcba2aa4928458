"""A chat with thousands of members and former members, and a thread with as many participants: a statement that shows
or changes few of them reads few of them."""

from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.database import Database
from app.modules.chats_module.db.cruds import access, members, reading, views
from app.modules.threads_module.db.cruds import positions, replies
from app.modules.threads_module.services.part import THREAD
from tests.acceptance.hot_statements import ANNA, LONG_CHAT, numbered
from tests.databases import clone, drop

_PEOPLE, _ROOT, _PAGE, _FEW = 5_000, 1, 50, 120
_FILL = f"""
INSERT INTO account (id, email, email_key, username, display_name, password_hash)
SELECT md5('person' || n)::uuid, 'person' || n, 'person' || n, 'person' || n, '', ''
FROM generate_series(1, {_PEOPLE}) n;
INSERT INTO chat (id, type, created_by, member_count, last_seq, active_at)
SELECT md5('chat1')::uuid, 'group', md5('person1')::uuid, {_PEOPLE}, {2 * _PEOPLE}, now();
INSERT INTO stream (id, last_seq) SELECT id, last_seq FROM chat;
INSERT INTO chat_member (chat_id, account_id, role, joined_event_seq, joined_at)
SELECT chat.id, md5('person' || n)::uuid, 'member', n, now() FROM chat, generate_series(1, {_PEOPLE}) n;
INSERT INTO former_member (chat_id, account_id, left_event_seq)
SELECT chat.id, md5('former' || n)::uuid, n FROM chat, generate_series(1, {_PEOPLE}) n;
INSERT INTO message (chat_id, seq, id, sender_id, type, text, digest, created_at, event_seqs)
SELECT id, n, gen_random_uuid(), created_by, 'text', '', '', now(), ARRAY[n]
FROM chat, generate_series(1, last_seq) n;
INSERT INTO thread_reply (chat_id, seq, root_seq, sender_id)
SELECT chat_id, seq, {_ROOT}, md5('person' || 1 + seq % {_PEOPLE})::uuid FROM message WHERE seq > {_ROOT};
INSERT INTO thread_participant (chat_id, root_seq, account_id, first_seq, reply_count)
SELECT chat_id, root_seq, sender_id, min(seq), count(*) FROM thread_reply GROUP BY chat_id, root_seq, sender_id;
INSERT INTO thread (chat_id, root_seq, reply_count, last_seq, active_at)
SELECT chat_id, root_seq, count(*), max(seq), now() FROM thread_reply GROUP BY chat_id, root_seq;
"""  # noqa: S608 - constants only
_READ = """
SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::int FROM pg_stat_xact_user_tables
"""
_THREAD = f"SELECT ({THREAD.sql}) FROM message m WHERE m.chat_id = $1 AND m.seq = $2"  # noqa: S608 - constants only


@pytest.fixture(params=["new", "analyzed"])
async def database(template: DatabaseAddress, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """The database of the crowd: as it is right after the rows came, and after PostgreSQL has counted them."""
    address = await clone(template)
    async with Database(address).connected() as database:
        async with database.connection() as connection:
            await connection.execute(f"SET statement_timeout = 0; {_FILL}", timeout=600)
            if request.param == "analyzed":
                await connection.execute("ANALYZE", timeout=600)
        yield database
    await drop(address)


async def _count_read(connection: DatabaseConnection, run: Awaitable[object]) -> int:
    """Returns the number of rows of tables that are read for it."""
    before = await connection.fetchval(_READ)
    await run
    return int(await connection.fetchval(_READ) - before)


async def _count_read_in_session(session: AsyncSession, run: Awaitable[object]) -> int:
    before = await session.scalar(text(_READ)) or 0
    await run
    return int(await session.scalar(text(_READ)) or 0) - before


@pytest.mark.parametrize(("furthest", "shown"), [(4_000, 9), (1, 5), (2, 5)])
async def test_a_chat_is_shown_to_a_viewer_whom_a_thousand_members_have_blocked_without_most_of_them(
    database: Database, furthest: int, shown: int
) -> None:
    hidden = [numbered("person", number) for number in range(1, 1_002) if number != 2]
    async with database.connection() as connection:
        await connection.execute(
            "UPDATE chat SET furthest_reader_id = $1, furthest_read_seq = 9, runner_up_read_seq = 7",
            numbered("person", furthest),
        )
        # The hidden ones have read further than all others, of whom none is furthest behind.
        await connection.execute(
            "UPDATE chat_member SET read_seq = CASE WHEN account_id = ANY($1) THEN 7 ELSE 5 END, joined_read_seq = 0",
            hidden,
        )
        queries = views.ChatQueries({})
        assert (
            await _count_read(connection, queries.list_chosen(connection, ANNA, hidden, [LONG_CHAT]))
            <= 2 * views.MOST_READ
        )
        ((_, _, chat),) = await queries.list_chosen(connection, ANNA, hidden, [LONG_CHAT])
        assert orjson.loads(chat)["others_read_seq"] == shown


@pytest.mark.parametrize("after", [0, _PEOPLE // 2])
async def test_a_page_of_members_reads_no_other_members(database: Database, after: int) -> None:
    async with database.sessions() as session:
        page: list[object] = []

        async def read() -> None:
            page.extend(await members.list_members(session, LONG_CHAT, after, _PAGE))

        # Each member with its account.
        assert await _count_read_in_session(session, read()) <= 2 * _PAGE
        assert len(page) == _PAGE


async def test_the_last_departure_is_found_without_the_other_ones(database: Database) -> None:
    async with database.connection() as connection:
        assert await _count_read(connection, access.find_last_departure(connection, LONG_CHAT)) <= 1
        assert await access.find_last_departure(connection, LONG_CHAT) == _PEOPLE


async def test_the_deletion_of_a_reply_reads_no_replies_and_participants_of_others(database: Database) -> None:
    async with database.connection() as connection:
        # The first reply of a participant that has two.
        assert await _count_read(connection, replies.remove_replies(connection, LONG_CHAT, [3])) <= _FEW
        find = "SELECT first_seq, reply_count FROM thread_participant WHERE account_id = $1"
        ((first_seq, count),) = await connection.fetch(find, numbered("person", 4))
        assert (first_seq, count) == (_PEOPLE + 3, 1)
        assert await _count_read(connection, replies.remove_replies(connection, LONG_CHAT, [_PEOPLE + 3])) <= _FEW
        assert await connection.fetch(find, numbered("person", 4)) == []


async def test_a_thread_is_shown_without_most_of_its_participants(database: Database) -> None:
    async with database.connection() as connection:
        assert await _count_read(connection, connection.fetch(_THREAD, LONG_CHAT, _ROOT)) <= _FEW


async def test_replies_count_the_threads_of_their_sender_once(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO thread_position (chat_id, root_seq, account_id, read_seq, is_following) "
            "SELECT $1, n, $2, n, true FROM generate_series(5001, 6000) n",
            LONG_CHAT,
            ANNA,
        )
        new = [replies.Reply(LONG_CHAT, root_seq, 20_000 + root_seq, ANNA) for root_seq in range(2, 22)]
        # In the chat, and in all chats.
        assert await _count_read(connection, replies.add_replies(connection, new, datetime.now(UTC))) <= 3_000
        assert len(await positions.list_followed(connection, ANNA, None, 51, only_unread=False)) == len(new)


async def test_a_read_position_moves_without_a_change_of_an_index(database: Database) -> None:
    async with database.connection() as connection:
        find = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'chat_member'"
        for number in range(_PEOPLE - 10, _PEOPLE):
            await reading.move_read(connection, LONG_CHAT, numbered("person", number), 1)
        ((updated, heap_only),) = await connection.fetch(find)
        assert updated == heap_only == 10
