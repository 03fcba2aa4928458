"""Readers over HTTP that are waiting while events are committed or their session ends."""

import asyncio
from uuid import UUID

import orjson
import pytest

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.streams_module.services import reader as module
from app.modules.streams_module.services.log import Log, event
from app.modules.streams_module.services.reader import LogReader, Reader
from app.utils.container import Container
from tests.fakers import FakeClient


async def test_a_long_poll_that_ends_before_the_removal_of_its_reader_returns_no_later_number(
    boris: FakeClient, club: str, container: Container
) -> None:
    chat, is_waiting = UUID(club), asyncio.Event()

    def is_allowed() -> bool:
        is_waiting.set()
        return True

    reader = Reader(chat, boris.uuid, joined_seq=2)
    poll = asyncio.create_task(container.get(LogReader).poll(reader, 2, 1, 30, is_allowed))
    await is_waiting.wait()
    async with open_unit_of_work(container.get(Database)) as work:
        events = (
            event("chat.updated", {"title": "Клуб"}),
            event("member.removed", {"account_id": str(boris.uuid)}),
            event("chat.updated", {"title": "Без Бориса"}),
        )
        assert await container.get(Log).append(work, chat, *events) == 5
    page = orjson.loads(await poll)
    assert [item["seq"] for item in page["items"]] == [3]
    assert page["last_seq"] == 4


async def test_a_long_poll_whose_session_ends_while_it_waits_returns_no_event(
    boris: FakeClient, club: str, container: Container
) -> None:
    chat, is_waiting, is_open = UUID(club), asyncio.Event(), True

    def is_allowed() -> bool:
        is_waiting.set()
        return is_open

    poll = asyncio.create_task(container.get(LogReader).poll(Reader(chat, boris.uuid), 2, 1, 30, is_allowed))
    await is_waiting.wait()
    is_open = False
    async with open_unit_of_work(container.get(Database)) as work:
        await container.get(Log).append(work, chat, event("chat.updated", {"title": "Клуб"}))
    assert orjson.loads(await poll) == {"items": [], "last_seq": 2}


async def test_an_event_stream_whose_session_ends_sends_no_further_event(
    boris: FakeClient, club: str, container: Container
) -> None:
    parts: list[bytes] = []
    reader = Reader(UUID(club), boris.uuid)
    async for part in container.get(LogReader).server_sent_events(reader, 0, lambda: len(parts) < 2):
        parts.append(part)
    assert [part.partition(b"\n")[0] for part in parts] == [b"retry: 1000", b"id: 1"]


async def test_an_event_stream_without_events_sends_comments(
    boris: FakeClient, club: str, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_KEEPALIVE", 0.1)
    chat, parts = UUID(club), [b""]
    stream = container.get(LogReader).server_sent_events(
        Reader(chat, boris.uuid), 2, lambda: not parts[-1].startswith(b"id: 3\n")
    )
    async with asyncio.timeout(30):
        async for part in stream:
            parts.append(part)
            if part.startswith(b":") and parts.count(part) == 1:
                async with open_unit_of_work(container.get(Database)) as work:
                    await container.get(Log).append(work, chat, event("chat.updated", {"title": "Клуб"}))
    assert parts[1:3] == [b"retry: 1000\n\n", b": still here\n\n"]
    assert parts[-1].startswith(b"id: 3\n")
