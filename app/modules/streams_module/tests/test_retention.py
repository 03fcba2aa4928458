"""Old events are deleted. Newer ones stay, and a client with an older cursor gets stream_gap."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.jobs_module.extension import Jobs
from app.modules.streams_module.db.cruds.read import Page, find_page
from app.modules.streams_module.services import reader
from app.modules.streams_module.services.log import now
from app.modules.streams_module.services.reader import LogReader, Reader
from app.modules.streams_module.services.retention import (
    EVENTS_AT_ONCE,
    EVERY_HOUR,
    FORGET_OLD_EVENTS,
    prune,
    prune_chunk,
)
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok, problem
from tests.manage import manage

MONTH_AGO = timedelta(days=31)


@pytest.fixture
async def database(database_address: DatabaseAddress) -> AsyncIterator[Database]:
    """A separate pool to the test's database, as another process has."""
    async with Database(database_address).connected() as database:
        yield database


async def make_old(sql: Connection, stream_id: str, until: int) -> None:
    """Moves the time of events up to a number a month back."""
    await sql.execute(
        "UPDATE event SET at = at - $3::interval WHERE stream_id = $1 AND seq <= $2", UUID(stream_id), until, MONTH_AGO
    )


async def seqs(sql: Connection, stream_id: str) -> list[int]:
    rows = await sql.fetch("SELECT seq FROM event WHERE stream_id = $1 ORDER BY seq", UUID(stream_id))
    return [row["seq"] for row in rows]


@pytest.fixture
async def long_talk(anna: FakeClient, club: str, sql: Connection) -> str:
    """A chat with eight events, of which the oldest five are a month old."""
    for number in range(6):
        await anna.send(club, f"№ {number}")
    await make_old(sql, club, 5)
    return club


async def test_only_old_events_are_deleted(long_talk: str, database: Database, sql: Connection) -> None:
    assert await prune(database, now() - timedelta(days=30)) == 5
    assert await seqs(sql, long_talk) == [6, 7, 8]
    assert await prune(database, now() - timedelta(days=30)) == 0


async def test_the_last_event_stays_and_numbering_continues(
    anna: FakeClient, long_talk: str, database: Database, sql: Connection
) -> None:
    await prune(database, now() + timedelta(days=1))
    assert await seqs(sql, long_talk) == [8]
    await anna.send(long_talk, "дальше")
    page = ok(await anna.get(f"/chats/{long_talk}/events", after=8))
    assert [event["seq"] for event in page["items"]] == [9]


async def test_more_events_than_one_chunk_are_deleted(club: str, database: Database, sql: Connection) -> None:
    many = 2 * EVENTS_AT_ONCE + 10
    await sql.execute(
        "INSERT INTO event (stream_id, seq, kind, data, at) SELECT $1, n, 'message.edited', '{}', now()"
        " FROM generate_series(3, $2) n",
        UUID(club),
        many,
    )
    await sql.execute("UPDATE stream SET last_seq = $2 WHERE id = $1", UUID(club), many)
    await make_old(sql, club, many - 1)
    month_ago = now() - timedelta(days=30)
    assert await prune_chunk(database, UUID(club), month_ago) == EVENTS_AT_ONCE
    assert await prune(database, month_ago) == many - 1 - EVENTS_AT_ONCE
    assert await seqs(sql, club) == [many]


async def test_polling_from_a_pruned_cursor_is_a_gap(anna: FakeClient, long_talk: str, database: Database) -> None:
    await prune(database, now() - timedelta(days=30))
    gap = problem(await anna.get(f"/chats/{long_talk}/events", after=4), 410, "stream_gap")
    assert (gap["first_seq"], gap["last_seq"]) == (6, 8)
    page = ok(await anna.get(f"/chats/{long_talk}/events", after=5))
    assert [event["seq"] for event in page["items"]] == [6, 7, 8]


async def test_server_sent_events_from_a_pruned_cursor_are_a_gap(
    anna: FakeClient, long_talk: str, database: Database
) -> None:
    await prune(database, now() - timedelta(days=30))
    anna.headers |= {"Accept": "text/event-stream", "Last-Event-ID": "4"}
    gap = problem(await anna.get(f"/chats/{long_talk}/events"), 410, "stream_gap")
    assert (gap["first_seq"], gap["last_seq"]) == (6, 8)


async def test_server_sent_events_end_when_the_next_event_is_deleted(
    anna: FakeClient, long_talk: str, container: Container, database: Database
) -> None:
    stream = container.get(LogReader).server_sent_events(Reader(UUID(long_talk), anna.uuid), 2, lambda: True)
    assert await anext(stream) == b"retry: 1000\n\n"
    await prune(database, now() - timedelta(days=30))
    assert await anext(stream, None) is None


async def test_account_streams_are_pruned(anna: FakeClient, club: str, database: Database, sql: Connection) -> None:
    await anna.open_chat(title="Второй")
    # The sign-in and two chats.
    await make_old(sql, anna.id, 3)
    await prune(database, now() - timedelta(days=30))
    gap = problem(await anna.get("/accounts/me/events", after=0), 410, "stream_gap")
    assert (gap["first_seq"], gap["last_seq"]) == (3, 3)


async def test_a_poll_during_pruning_reports_the_gap(anna: FakeClient, long_talk: str, sql: Connection) -> None:
    """It read the old head and then the remaining events: a page with a gap must not look complete."""
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


async def test_a_poll_whose_large_events_are_deleted_after_their_sizes_were_read_reports_the_gap(
    anna: FakeClient, long_talk: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def find_and_prune(*arguments: Any) -> Page:
        page = await find_page(*arguments)
        await prune(database, now() - timedelta(days=30))
        return page

    monkeypatch.setattr(reader, "_PAGE_BYTES", 1)
    monkeypatch.setattr(reader, "find_page", find_and_prune)
    gap = problem(await anna.get(f"/chats/{long_talk}/events", after=2), 410, "stream_gap")
    assert (gap["first_seq"], gap["last_seq"]) == (6, 8)


async def test_the_server_deletes_old_events_periodically(
    long_talk: str, container: Container, database: Database, sql: Connection
) -> None:
    """A periodic job deletes events older than the configured number of days: here a hundred years."""
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


async def test_a_number_of_days_before_the_calendar_is_refused(database_address: DatabaseAddress) -> None:
    refused = await manage(database_address, "streams", "prune", "--yes", "--days=9999999")
    assert refused.exit_code == 2
    assert "--days" in refused.output
