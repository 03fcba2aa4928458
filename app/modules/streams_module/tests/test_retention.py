"""Old events are forgotten: what is kept goes on, and whoever has an older cursor is told of the gap."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.jobs_module.extension import Jobs
from app.modules.streams_module.services.log import now
from app.modules.streams_module.services.retention import EVENTS_AT_ONCE, EVERY_HOUR, FORGET_OLD_EVENTS, prune
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok, problem

MONTH_AGO = timedelta(days=31)


@pytest.fixture
async def sql(database_address: DatabaseAddress) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection of one's own to the test's database."""
    connection = await asyncpg.connect(**database_address.connect_arguments())
    yield connection
    await connection.close()


@pytest.fixture
async def database(database_address: DatabaseAddress) -> AsyncIterator[Database]:
    """The database as another process would have it."""
    async with Database(database_address).connected() as database:
        yield database


async def make_old(sql: "asyncpg.Connection[asyncpg.Record]", stream_id: str, until: int) -> None:
    """Events up to a number have happened a month ago."""
    await sql.execute(
        "UPDATE event SET at = at - $3::interval WHERE stream_id = $1 AND seq <= $2", UUID(stream_id), until, MONTH_AGO
    )


async def seqs(sql: "asyncpg.Connection[asyncpg.Record]", stream_id: str) -> list[int]:
    rows = await sql.fetch("SELECT seq FROM event WHERE stream_id = $1 ORDER BY seq", UUID(stream_id))
    return [row["seq"] for row in rows]


@pytest.fixture
async def long_talk(anna: FakeClient, club: str, sql: "asyncpg.Connection[asyncpg.Record]") -> str:
    """A chat of eight events, the oldest five of them a month old."""
    for number in range(6):
        await anna.send(club, f"№ {number}")
    await make_old(sql, club, 5)
    return club


async def test_only_what_is_old_is_forgotten(
    long_talk: str, database: Database, sql: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    assert await prune(database, now() - timedelta(days=30)) == 5
    assert await seqs(sql, long_talk) == [6, 7, 8]
    assert await prune(database, now() - timedelta(days=30)) == 0


async def test_the_last_event_stays_and_the_numbers_go_on(
    anna: FakeClient, long_talk: str, database: Database, sql: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await prune(database, now() + timedelta(days=1))
    assert await seqs(sql, long_talk) == [8]
    await anna.send(long_talk, "дальше")
    page = ok(await anna.get(f"/chats/{long_talk}/events", after=8))
    assert [event["seq"] for event in page["items"]] == [9]


async def test_more_than_one_chunk_of_events_goes(
    club: str, database: Database, sql: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    many = 2 * EVENTS_AT_ONCE + 10
    await sql.execute(
        "INSERT INTO event (stream_id, seq, kind, data, at) SELECT $1, n, 'message.edited', '{}', now()"
        " FROM generate_series(3, $2) n",
        UUID(club),
        many,
    )
    await sql.execute("UPDATE stream SET last_seq = $2 WHERE id = $1", UUID(club), many)
    await make_old(sql, club, many - 1)
    chunks: list[int] = []
    await prune(database, now() - timedelta(days=30), chunks.append)
    assert await seqs(sql, club) == [many]
    assert sum(chunks) == many - 1
    assert max(chunks) <= EVENTS_AT_ONCE


async def test_a_poll_from_before_is_answered_with_the_gap(
    anna: FakeClient, long_talk: str, database: Database
) -> None:
    await prune(database, now() - timedelta(days=30))
    gap = problem(await anna.get(f"/chats/{long_talk}/events", after=4), 410, "stream_gap")
    assert (gap["first_seq"], gap["last_seq"]) == (6, 8)
    page = ok(await anna.get(f"/chats/{long_talk}/events", after=5))
    assert [event["seq"] for event in page["items"]] == [6, 7, 8]


async def test_server_sent_events_from_before_are_answered_with_the_gap(
    anna: FakeClient, long_talk: str, database: Database
) -> None:
    await prune(database, now() - timedelta(days=30))
    anna.headers |= {"Accept": "text/event-stream", "Last-Event-ID": "4"}
    gap = problem(await anna.get(f"/chats/{long_talk}/events"), 410, "stream_gap")
    assert (gap["first_seq"], gap["last_seq"]) == (6, 8)


async def test_the_own_stream_is_forgotten_too(
    anna: FakeClient, club: str, database: Database, sql: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await anna.open_chat(title="Второй")
    await make_old(sql, anna.id, 2)
    await prune(database, now() - timedelta(days=30))
    gap = problem(await anna.get("/accounts/me/events", after=0), 410, "stream_gap")
    assert (gap["first_seq"], gap["last_seq"]) == (2, 2)


async def test_a_poll_during_pruning_reports_the_gap(
    anna: FakeClient, long_talk: str, sql: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """It has seen the head from before, and reads the events from after: no hole may pass as the whole."""
    async with sql.transaction():
        await sql.execute("LOCK TABLE event IN ACCESS EXCLUSIVE MODE")
        polling = asyncio.create_task(anna.get(f"/chats/{long_talk}/events", after=2))

        async def waits() -> bool:
            return bool(
                await sql.fetchval(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = $1::regclass", "event"
                )
            )

        await eventually(waits)
        await sql.execute("DELETE FROM event WHERE stream_id = $1 AND seq < 6", UUID(long_talk))
        await sql.execute("UPDATE stream SET first_seq = 6 WHERE id = $1", UUID(long_talk))
    gap = problem(await polling, 410, "stream_gap")
    assert gap["first_seq"] == 6


async def test_the_server_forgets_by_itself(
    long_talk: str, container: Container, database: Database, sql: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """By a periodic job, as many days after the event as the settings say: here a hundred years."""
    await make_old(sql, long_talk, 5)
    await sql.execute(
        "UPDATE event SET at = at - interval '100 years' WHERE stream_id = $1 AND seq <= 5", UUID(long_talk)
    )
    async with open_unit_of_work(database) as work:
        await container.get(Jobs).enqueue(work, FORGET_OLD_EVENTS, FORGET_OLD_EVENTS.payload())

    async def is_forgotten() -> bool:
        return await seqs(sql, long_talk) == [6, 7, 8]

    await eventually(is_forgotten)
    assert EVERY_HOUR.seconds == 3600
