"""Subscribers after a restored backup: the log is empty and continues with larger numbers."""

from uuid import UUID

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.streams_module.extension import SubscriberContext
from app.modules.streams_module.services.sequence_numbers import move_numbers_ahead
from app.modules.streams_module.services.subscribers import operating, runner
from app.modules.streams_module.tests.recording_subscriber import noting, process, until_noted
from app.utils.container import Container
from tests.fakers import FakeClient, eventually


async def _are_at_heads(connection: Connection) -> bool:
    return not await connection.fetchval("""
        SELECT count(*) FROM stream s LEFT JOIN subscriber_cursor c ON c.stream_id = s.id AND c.subscriber = 'noting'
        WHERE s.last_seq <> coalesce(c.seq, 0)
    """)


async def _read_status(connection: Connection) -> operating.SubscriberStatus:
    return next(status for status in await operating.list_subscribers(connection) if status.name == "noting")


@pytest.mark.parametrize("is_halted", [False, True], ids=["running", "halted"])
async def test_each_stream_is_rebuilt_once_without_waiting_for_a_new_event(
    anna: FakeClient, club: str, container: Container, connection: Connection, is_halted: bool
) -> None:
    rebuilt: list[tuple[UUID, int]] = []

    async def rebuild(context: SubscriberContext, stream_id: UUID, through_seq: int) -> None:
        rebuilt.append((stream_id, through_seq))

    subscriber = noting(rebuild=rebuild)
    async with process(container, subscriber):
        await anna.send(club, "before")
        await until_noted(connection, club, ["before"])
    await anna.send(club, "lost to the subscriber")
    if is_halted:
        halt = "UPDATE subscriber_cursor SET is_halted = true WHERE stream_id = $1 AND subscriber = 'noting'"
        await connection.execute(halt, UUID(club))
    await move_numbers_ahead(container.get(Database).address)
    heads = {row["id"]: row["last_seq"] for row in await connection.fetch("SELECT id, last_seq FROM stream")}
    async with process(container, subscriber):

        async def are_rebuilt() -> bool:
            return len(rebuilt) == len(heads) - is_halted

        await eventually(are_rebuilt)
        if is_halted:
            assert await operating.retry(connection, "noting", UUID(club)) == 1
        await eventually(lambda: _are_at_heads(connection))
        status = await _read_status(connection)
        assert (status.events_behind, status.streams_behind, status.streams_halted) == (0, 0, 0)
        await anna.send(club, "after")
        await until_noted(connection, club, ["before", "after"])
    assert len(rebuilt) == len(heads)
    assert dict(rebuilt) == heads


async def test_a_subscriber_without_rebuild_skips_the_gap(
    anna: FakeClient, club: str, container: Container, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_FLUSH_PERIOD", 0.05)
    async with process(container, noting()):
        await anna.send(club, "before")
        await until_noted(connection, club, ["before"])
    await move_numbers_ahead(container.get(Database).address)
    status = await _read_status(connection)
    assert status.events_behind == 0
    async with process(container, noting()):
        await anna.send(club, "after")
        await until_noted(connection, club, ["before", "after"])
        await eventually(lambda: _are_at_heads(connection))
