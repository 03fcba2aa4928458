"""The hot statements on 10,000 chats and a million messages: rows are found by an index, at any size.

The explained statements are the real ones, run by the functions that run them in the server."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from hashlib import md5
from itertools import chain
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.chats_module.db.cruds import access, views
from app.modules.entities_module import db as entities
from app.modules.messages_module.db.cruds import history, send
from app.modules.messages_module.services.fields import MessageFields
from app.modules.streams_module.db.cruds import append, read
from app.resources.constants import MAX_PAGE

MAX_PAGES = 1_000
"""Pages of 8 KB that a statement may touch: some for each of a hundred chats. Half of all messages have 10,000."""
_LONG, _SHORT = 500_000, 50
_NOW = datetime(2026, 1, 1, tzinfo=UTC)

_FILL = f"""
SET synchronous_commit = off;
SET work_mem = '64MB';
SET maintenance_work_mem = '256MB';
INSERT INTO chat (id, type, created_by, member_count, last_seq, active_at)
SELECT md5('chat' || c)::uuid, 'group', md5('person1')::uuid, 2, CASE WHEN c = 1 THEN {_LONG} ELSE {_SHORT} END,
       now() - c * interval '1 second'
FROM generate_series(1, 10000) AS c;
INSERT INTO stream (id, last_seq) SELECT id, last_seq FROM chat;
INSERT INTO stream (id) SELECT md5('person' || p)::uuid FROM generate_series(1, 1000) AS p;
INSERT INTO chat_member (chat_id, account_id, role, joined_event_seq, joined_at)
SELECT md5('chat' || c)::uuid, md5('person' || p)::uuid, 'member', 1, now()
FROM generate_series(1, 10000) AS c, LATERAL (VALUES (1 + c % 1000), (1 + (c + 1) % 1000)) AS member(p);
INSERT INTO account_chat (account_id, chat_id, joined_seq) SELECT account_id, chat_id, 1 FROM chat_member;
"""  # noqa: S608 - constants only
# An index that is built at the end costs a fraction of one that grows row by row.
_FILL_LARGE = {
    "message": """
        INSERT INTO message (chat_id, seq, id, client_msg_id, sender_id, type, text, digest, created_at, event_seqs)
        SELECT id, n, id, md5(n::text)::uuid, created_by, 'text', 'Привет', '', now(), '{}'
        FROM chat, generate_series(1, last_seq) AS n
    """,
    "message_mention": "INSERT INTO message_mention SELECT chat_id, account_id, n, now() FROM chat_member "
    "JOIN chat ON id = chat_id, generate_series(25, last_seq, 25) AS n",
    "event": """
        INSERT INTO event (stream_id, seq, kind, data, at)
        SELECT id, n, 'message.created', '{}', now() FROM stream, generate_series(1, last_seq) AS n
    """,
}
_CONSTRAINTS = """
SELECT quote_ident(conname) AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
WHERE conrelid = $1::text::regclass AND contype IN ('p', 'u')
"""


class Explainer:
    """Explains the statements that a connection would run, and keeps the plans in place of the results."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.plans: list[dict[str, Any]] = []

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        plan = await self._connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}", *arguments)
        self.plans.append(orjson.loads(plan)[0]["Plan"])
        return []

    async def fetchval(self, query: str, *arguments: Any) -> int:
        await self.fetch(query, *arguments)
        return 1

    async def execute(self, query: str, *arguments: Any) -> None:
        await self.fetch(query, *arguments)


def _chat(number: int) -> UUID:
    return _md5(f"chat{number}")


def _md5(text: str) -> UUID:
    return UUID(bytes=md5(text.encode(), usedforsecurity=False).digest())


LONG_CHAT, ANNA = _chat(1), _md5("person2")
_LATER = datetime(9999, 1, 1, tzinfo=UTC), LONG_CHAT, 2**62
_MANY = [_chat(number) for number in range(1, 101)]
_HIDDEN = [_md5(f"person{number}") for number in range(1, 6)]


def _new(chat: UUID, seq: int) -> send.NewMessage:
    return send.NewMessage(chat, seq, seq, str(uuid4()), uuid4(), ANNA, "Привет", None, b"", None, None, b"{}")


_FIELDS = MessageFields()
_MESSAGES = history.MessageQueries(_FIELDS.read_sql, _FIELDS.event_sql)
_CHATS = views.ChatQueries({"unread_mention_count": entities.UNREAD_MENTIONS})
_NEW = {LONG_CHAT: [_new(LONG_CHAT, _LONG + 1 + n) for n in range(20)]} | {
    chat: [_new(chat, _SHORT + 1)] for chat in _MANY[1:25]
}

HOT: dict[str, Callable[[Explainer], Awaitable[object]]] = {
    "send, lock": lambda on: send.lock_chat_streams(on, _MANY[:25], wait=True),
    "send, lock what is free": lambda on: send.lock_chat_streams(on, _MANY[:25], wait=False),
    "send, look up": lambda on: send.find_senders_and_existing(
        on, [(chat, ANNA) for chat in _MANY], range(100), [uuid4() for _ in range(100)]
    ),
    "send, insert": lambda on: send.insert_messages(on, _NEW, _NOW),
    "send, find stored messages": lambda on: send.list_stored(on, [*chain.from_iterable(_NEW.values())]),
    "history before": lambda on: _MESSAGES.find_page(on, LONG_CHAT, ANNA, history.Side.BEFORE, 250_000, 50),
    "history after": lambda on: _MESSAGES.find_page(on, LONG_CHAT, ANNA, history.Side.AFTER, 250_000, 50),
    "history around": lambda on: _MESSAGES.find_page(on, LONG_CHAT, ANNA, history.Side.AROUND, 250_000, 50),
    "history, the newest": lambda on: _MESSAGES.find_page(on, LONG_CHAT, ANNA, history.Side.BEFORE, 2**62, 50),
    "one message": lambda on: _MESSAGES.find_message(on, ANNA, LONG_CHAT, 250_000),
    "last messages": lambda on: _MESSAGES.list_last(on, ANNA, _MANY),
    "membership": lambda on: access.find_membership(on, LONG_CHAT, ANNA),
    "chat": lambda on: _CHATS.find_chat(on, ANNA, _HIDDEN, LONG_CHAT),
    "chats": lambda on: _CHATS.list_chats(on, ANNA, _HIDDEN, None, 51),
    "chats, next page": lambda on: _CHATS.list_chats(on, ANNA, _HIDDEN, (datetime.now(UTC), LONG_CHAT), 51),
    "mentions": lambda on: entities.list_mentions(on, ANNA, _LATER, 51, unread=False),
    "unread mentions": lambda on: entities.list_mentions(on, ANNA, _LATER, 51, unread=True),
    "append": lambda on: append.append_events(
        on, [(chat, append.NewEvent("chat.updated", b"{}")) for chat in _MANY], _NOW
    ),
    "lock streams": lambda on: append.lock_streams(on, _MANY),
    "head": lambda on: read.find_head(on, LONG_CHAT),
    "heads": lambda on: read.list_heads(on, _MANY),
    "page of events": lambda on: read.find_page(on, LONG_CHAT, 250_000, 50, ["chat.deleted"]),
    "events after a number": lambda on: read.list_events(on, LONG_CHAT, 250_000, 50),
    "events after numbers": lambda on: read.list_after(on, dict.fromkeys(_MANY, 25), 25),
    "truncate": lambda on: read.delete_oldest(on, LONG_CHAT, 1, 51),
}


@pytest.fixture(scope="module")
def large_database(template: DatabaseAddress) -> Iterator[DatabaseAddress]:
    """A database with a million messages and as many events."""
    address = template.with_database(f"test_large_{uuid4().hex[:8]}")
    maintenance = template.with_database("postgres")
    asyncio.run(_execute(maintenance, f'CREATE DATABASE "{address.database}" TEMPLATE "{template.database}"'))
    asyncio.run(_fill(address))
    yield address
    asyncio.run(_execute(maintenance, f'DROP DATABASE "{address.database}" WITH (FORCE)'))


async def _execute(address: DatabaseAddress, *statements: str) -> None:
    connection = await asyncpg.connect(**address.connect_arguments())
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _fill(address: DatabaseAddress) -> None:
    await _execute(address, _FILL)
    await asyncio.gather(*(_fill_large(address, table, statement) for table, statement in _FILL_LARGE.items()))
    await _execute(address, "VACUUM ANALYZE")


async def _fill_large(address: DatabaseAddress, table: str, statement: str) -> None:
    connection = await asyncpg.connect(**address.connect_arguments())
    try:
        await connection.execute("SET synchronous_commit = off; SET maintenance_work_mem = '256MB'")
        constraints = await connection.fetch(_CONSTRAINTS, table)
        for constraint in constraints:
            await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint['name']}")
        await connection.execute(statement)
        for constraint in constraints:
            await connection.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {constraint['name']} {constraint['definition']}"
            )
    finally:
        await connection.close()


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _read_whole(plan: dict[str, Any]) -> set[str]:
    return {node["Relation Name"] for node in _nodes(plan) if node["Node Type"] == "Seq Scan"}


def _sorted_tables(plan: dict[str, Any]) -> set[str]:
    """Returns the tables of which more than a page was sorted after it was read."""
    return {
        part["Relation Name"]
        for node in _nodes(plan)
        if "Sort" in node["Node Type"] and node["Plans"][0]["Actual Rows"] > MAX_PAGE
        for part in _nodes(node)
        if "Relation Name" in part
    }


async def _explain(
    address: DatabaseAddress, run: Callable[[Explainer], Awaitable[object]], mode: str
) -> list[dict[str, Any]]:
    """Returns the plans on a connection of the server's own pool. Changes are rolled back."""
    async with Database(address).connected() as database, database.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SELECT set_config('plan_cache_mode', $1, true)", mode)
        explainer = Explainer(connection)
        await run(explainer)
        await transaction.rollback()
        return explainer.plans


# A prepared statement is first planned for its values, and later for any values.
@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("name", HOT)
async def test_a_hot_statement_reads_no_more_than_it_returns(
    large_database: DatabaseAddress, name: str, mode: str
) -> None:
    plans = await _explain(large_database, HOT[name], mode)
    assert plans
    for plan in plans:
        assert not _read_whole(plan)
        assert not _sorted_tables(plan) & {"message", "event"}
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= MAX_PAGES


@pytest.mark.parametrize("name", HOT)
async def test_a_statement_prepared_on_an_empty_database_still_works_when_it_grows(
    database_address: DatabaseAddress, name: str
) -> None:
    for plan in await _explain(database_address, HOT[name], "force_generic_plan"):
        assert not _read_whole(plan)


async def test_reading_a_whole_chat_would_be_noticed(large_database: DatabaseAddress) -> None:
    async def sort_everything(on: Explainer) -> None:
        await on.fetch("SELECT * FROM message WHERE chat_id = $1 ORDER BY created_at DESC LIMIT 50", LONG_CHAT)

    (plan,) = await _explain(large_database, sort_everything, "force_custom_plan")
    assert _sorted_tables(plan) == {"message"}
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] > MAX_PAGES
