"""Replay and delivery of large events, in parts that need little memory."""

from uuid import UUID

import pytest

from app.adapters.base.bus import Bus
from app.modules.sockets_module.services import replay
from app.modules.streams_module.services import hub as hubs
from app.modules.streams_module.services.hub import Hub
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, FakeSocket

CHATS, EVENTS = 25, 8
_ADD = """
WITH moved AS (
    UPDATE stream SET last_seq = last_seq + $2 WHERE id = ANY($1::uuid[]) RETURNING id, last_seq - $2 AS base
)
INSERT INTO event (stream_id, seq, kind, data, at)
SELECT id, base + n, 'chat.updated', json_build_object('title', '😀' || repeat(' ', 39_999)), now()
FROM moved, generate_series(1, $2::bigint) AS n
"""


@pytest.fixture
async def chats(anna: FakeClient) -> list[str]:
    return [await anna.open_chat() for _ in range(CHATS)]


async def add_events(container: Container, chats: list[str], many: int) -> None:
    """Adds events of 40,000 characters without a notification."""
    await rows(container, _ADD, [UUID(chat) for chat in chats], many)


async def test_a_page_of_large_events_is_limited_in_bytes(container: Container, chats: list[str]) -> None:
    assert replay._BYTES_AT_ONCE == 250_000
    await add_events(container, chats, EVENTS)
    parts = await container.get(Hub).read_after({UUID(chat): 1 for chat in chats}, EVENTS, replay._BYTES_AT_ONCE)
    sizes = [len(row["data"].encode()) for part in parts.values() for row in part.events]
    assert 0 < sum(sizes[:-1]) < replay._BYTES_AT_ONCE <= sum(sizes)
    assert [len(part.events) for part in parts.values()] == [len(sizes), *[0] * (CHATS - 1)]
    assert all(part.has_more for part in parts.values())


async def test_the_first_event_is_read_however_large_it_is(container: Container, chats: list[str]) -> None:
    await add_events(container, chats[:2], 1)
    parts = await container.get(Hub).read_after({UUID(chat): 1 for chat in chats[:2]}, EVENTS, 1)
    assert [(len(part.events), part.has_more) for part in parts.values()] == [(1, True), (0, True)]


async def test_large_events_of_many_chats_are_replayed_in_order_and_without_a_gap(
    container: Container, anna: FakeClient, chats: list[str], live_server: str
) -> None:
    heads = dict.fromkeys(chats, 1 + EVENTS)
    await add_events(container, chats, EVENTS)
    socket = FakeSocket(anna, live_server)
    socket.cursors = dict.fromkeys(chats, 0)
    async with socket:
        await socket.until(lambda: all(socket.cursors[chat] == head for chat, head in heads.items()))
        await anna.send(chats[-1], "live")
        await socket.until(lambda: socket.cursors[chats[-1]] == heads[chats[-1]] + 1)
    for chat in chats:
        assert socket.seqs(chat) == list(range(1, socket.cursors[chat] + 1))
    assert socket.gaps == []


async def test_large_live_events_of_many_chats_are_delivered_in_order_and_without_a_gap(
    container: Container, anna: FakeClient, chats: list[str], live_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hubs._BYTES_AT_ONCE == 4_000_000
    # Each read has one event.
    monkeypatch.setattr(hubs, "_BYTES_AT_ONCE", 1)
    chats = chats[:3]
    async with FakeSocket(anna, live_server) as socket:
        await add_events(container, chats, EVENTS)
        bus = container.get(Bus)  # type: ignore[type-abstract]
        for chat in chats:
            bus.notify_stream(UUID(chat), 1 + EVENTS)
        await socket.until(lambda: all(socket.cursors.get(chat) == 1 + EVENTS for chat in chats))
    for chat in chats:
        assert socket.seqs(chat) == list(range(2, 2 + EVENTS))
    assert socket.gaps == []
