"""Subscribers that have many streams to handle at once."""

from uuid import UUID

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.streams_module.db.cruds.subscribers import claim
from app.modules.streams_module.extension import hold_streams
from app.modules.streams_module.services.subscribers import recent
from app.modules.streams_module.tests.recording_subscriber import noting, process, until_noted
from app.utils.container import Container
from tests.fakers import FakeClient


async def test_large_events_of_many_streams_are_handled_in_parts(
    anna: FakeClient, container: Container, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert recent._BYTES_AT_ONCE == 4_000_000
    # Each part has one event.
    monkeypatch.setattr(recent, "_BYTES_AT_ONCE", 1)
    chats = [await anna.open_chat() for _ in range(3)]
    for number in range(4):
        for chat in chats:
            await anna.send(chat, str(number))
    async with process(container, noting(start="first")):
        for chat in chats:
            await until_noted(connection, chat, ["0", "1", "2", "3"])


async def test_a_cursor_that_another_process_is_creating_delays_no_other_stream(
    anna: FakeClient, container: Container
) -> None:
    known, new = [UUID(await anna.open_chat()) for _ in range(2)]
    subscriber, database = noting(), container.get(Database)
    async with open_unit_of_work(database) as work:
        assert await hold_streams(work, subscriber, [known]) == {known}
    async with open_unit_of_work(database) as first:
        assert await hold_streams(first, subscriber, [new]) == {new}
        async with open_unit_of_work(database) as second:
            raw = await second.raw()
            # It would raise an error instead of waiting.
            await raw.execute("SET LOCAL lock_timeout = 1")
            claimed = await claim(raw, [new, known], subscriber.name)
            assert [row["stream_id"] for row in claimed] == [known]
    async with open_unit_of_work(database) as work:
        assert await hold_streams(work, subscriber, [known, new]) == {known, new}
