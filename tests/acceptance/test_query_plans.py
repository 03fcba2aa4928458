"""The hot statements on 10,000 chats and a million messages: rows are found by an index, at any size."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.commands.create_database import connected
from app.resources.constants import MAX_PAGE
from tests.acceptance.hot_statements import INSERT_AS_KNOWN, LIKED, LONG_CHAT, Run, hot_statements
from tests.acceptance.prepared import Preparer
from tests.databases import clone, drop, execute

MAX_PAGES = 1_000
"""Pages of 8 KB that a statement may touch: some for each of a hundred chats. Half of all messages have 10,000."""
_LONG, _SHORT = 500_000, 50
_STATEMENTS = hot_statements(50)

_FILL = f"""
SET synchronous_commit = off;
SET work_mem = '64MB';
SET maintenance_work_mem = '256MB';
INSERT INTO chat (id, type, created_by, member_count, last_seq, active_at)
SELECT md5('chat' || c)::uuid, 'group', md5('person1')::uuid, 2,
       CASE WHEN c = 1 THEN {_LONG} WHEN c BETWEEN 48 AND 50 THEN 1 ELSE {_SHORT} END, now() - c * interval '1 second'
FROM generate_series(1, 10000) AS c;
INSERT INTO stream (id, last_seq) SELECT id, last_seq FROM chat;
INSERT INTO account (id, email, email_key, username, display_name, password_hash)
SELECT md5('person' || p)::uuid, 'person' || p, 'person' || p, 'person' || p, '', '' FROM generate_series(1, 1000) AS p;
INSERT INTO stream (id) SELECT id FROM account;
INSERT INTO chat_member (chat_id, account_id, role, joined_event_seq, joined_at)
SELECT md5('chat' || c)::uuid, md5('person' || p)::uuid, 'member', 1, now()
FROM generate_series(1, 10000) AS c, LATERAL (VALUES (1 + c % 1000), (1 + (c + 1) % 1000)) AS member(p);
INSERT INTO chat_member (chat_id, account_id, role, joined_event_seq, joined_at)
SELECT md5('chat' || c)::uuid, md5('person2')::uuid, 'member', 1, now() FROM generate_series(48, 50) AS c;
INSERT INTO account_chat (account_id, chat_id, joined_seq) SELECT account_id, chat_id, 1 FROM chat_member;
INSERT INTO subscriber_cursor (stream_id, subscriber, seq)
SELECT id, name, last_seq FROM stream, unnest('{{search,files}}'::text[]) AS name;
INSERT INTO reaction (chat_id, seq, emoji, account_id, created_at)
SELECT md5('chat1')::uuid, {LIKED}, CASE WHEN n < 10 THEN '🎉' ELSE '👍' END, gen_random_uuid(), now()
FROM generate_series(1, 100000) n;
INSERT INTO job (owner_id, id, name, key, lane, payload, run_at, created_at)
SELECT md5('person' || n % 1000)::uuid, md5('person' || n)::uuid, 'a job', n, 'default', '{{}}', now(), now()
FROM generate_series(1, 20000) AS n;
"""  # noqa: S608 - constants only
_COUNT_REACTIONS = f"""
UPDATE message SET reaction_count = 100000, reaction_totals =
    '[{{"emoji":"👍","count":99991}},{{"emoji":"🎉","count":9}}]'
WHERE chat_id = md5('chat1')::uuid AND seq = {LIKED}
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


@pytest.fixture(scope="module")
def large_database(template: DatabaseAddress) -> Iterator[DatabaseAddress]:
    """A database with a million messages and as many events."""
    address = asyncio.run(clone(template))
    asyncio.run(_fill(address))
    yield address
    asyncio.run(drop(address))


async def _fill(address: DatabaseAddress) -> None:
    await execute(address, _FILL)
    await asyncio.gather(*(_fill_large(address, table, statement) for table, statement in _FILL_LARGE.items()))
    await execute(address, _COUNT_REACTIONS)
    await execute(address, "VACUUM ANALYZE")


async def _fill_large(address: DatabaseAddress, table: str, statement: str) -> None:
    async with connected(address) as connection:
        await connection.execute("SET synchronous_commit = off; SET maintenance_work_mem = '256MB'")
        constraints = await connection.fetch(_CONSTRAINTS, table)
        for constraint in constraints:
            await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint['name']}")
        await connection.execute(statement)
        for constraint in constraints:
            await connection.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {constraint['name']} {constraint['definition']}"
            )


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


async def _explain(address: DatabaseAddress, run: Run, mode: str) -> list[dict[str, Any]]:
    """Returns the plans on a connection of the server's own pool."""
    async with Database(address).connected() as database, database.connection() as connection:
        await connection.execute(f"SET plan_cache_mode = {mode}")
        prepared = Preparer(connection, "hot")
        await run(prepared)
        return await prepared.explain()


# The server's connections plan a statement for any values; those behind a PgBouncer in transaction mode for its values.
@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("name", _STATEMENTS)
async def test_a_hot_statement_reads_no_more_than_it_returns(
    large_database: DatabaseAddress, name: str, mode: str
) -> None:
    plans = await _explain(large_database, _STATEMENTS[name], mode)
    assert plans
    for plan in plans:
        assert not _read_whole(plan)
        assert not _sorted_tables(plan) & {"message", "event"}
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= MAX_PAGES
        if name == INSERT_AS_KNOWN:
            assert any(node.get("CTE Name") == "as_known" and node["Actual Rows"] for node in _nodes(plan))


async def test_reading_a_whole_chat_would_be_noticed(large_database: DatabaseAddress) -> None:
    async def sort_everything(on: Preparer) -> None:
        await on.fetch("SELECT * FROM message WHERE chat_id = $1 ORDER BY created_at DESC LIMIT 50", LONG_CHAT)

    (plan,) = await _explain(large_database, sort_everything, "force_custom_plan")
    assert _sorted_tables(plan) == {"message"}
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] > MAX_PAGES
