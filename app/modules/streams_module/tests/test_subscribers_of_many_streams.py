"""Subscribers that have many streams to handle at once."""

import pytest

from app.adapters.db.connection import Connection
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
