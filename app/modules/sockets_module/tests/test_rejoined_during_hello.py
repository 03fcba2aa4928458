"""An account joins a chat again while the socket still reads which chats it has left."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from app.modules.sockets_module.extension import LeftStream, StreamSource
from app.modules.sockets_module.services.replay import find_left, follow_all, follow_joined, send_left, send_page
from app.modules.sockets_module.services.socket import Socket
from app.modules.sockets_module.services.sources import Sources
from app.modules.sockets_module.tests.sample_sockets import noting_socket
from app.modules.streams_module.services.hub import Hub
from app.utils.container import Container
from app.utils.module import Modules
from tests.fakers import FakeClient, eventually, ok


@pytest.fixture
def container(app: FastAPI, server: httpx.AsyncClient) -> Container:
    found: Container = app.state.container
    return found


@pytest.fixture
async def left_club(anna: FakeClient, boris: FakeClient, club: str) -> UUID:
    """A chat that Boris has left, with event 4. His cursor is 2."""
    await anna.send(club, "при Борисе")
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    await anna.send(club, "без Бориса")
    return UUID(club)


async def begin(socket: Socket, sources: Sources, container: Container, chat: UUID) -> None:
    """Begins like a connection whose cursor of the chat is 2."""
    account_id = socket.identity.account_id
    streams = await sources.list_streams(account_id)
    cursors = {account_id: streams[0].last_seq, chat: 2}
    await follow_all(socket, container.get(Hub), streams, cursors)
    await find_left(socket, sources, cursors)


async def join(socket: Socket, anna: FakeClient, chat: UUID, hub: Hub) -> None:
    async def is_joined() -> bool:
        return chat in socket.joined

    ok(await anna.post(f"/chats/{chat}/members", {"account_ids": [str(socket.identity.account_id)]}))
    await eventually(is_joined)
    await follow_joined(socket, hub)


async def replay(socket: Socket, hub: Hub) -> None:
    async with asyncio.timeout(30):
        while socket.left:
            await send_left(socket, hub)
        while socket.behind:
            await send_page(socket, hub)


def seqs(received: list[dict[str, Any]], chat: UUID) -> list[int]:
    return [frame["event"]["seq"] for frame in received if frame["event"]["stream_id"] == str(chat)]


async def test_a_chat_that_was_joined_again_meanwhile_is_sent_once(
    anna: FakeClient, boris: FakeClient, left_club: UUID, container: Container
) -> None:
    received: list[dict[str, Any]] = []
    hub = container.get(Hub)
    socket = noting_socket(boris, container, received)

    class SlowSources(Sources):
        """Its answer is old when it arrives."""

        async def list_left(self, account_id: UUID, stream_ids: Sequence[UUID]) -> Sequence[LeftStream]:
            left = await super().list_left(account_id, stream_ids)
            await join(socket, anna, left_club, hub)
            return left

    sources = SlowSources(container.get(Modules).contributions(StreamSource), container)
    await begin(socket, sources, container, left_club)
    await replay(socket, hub)
    socket.leave_all()
    assert seqs(received, left_club) == [3, 4, 5, 6]


async def test_a_chat_that_was_joined_and_left_again_meanwhile_is_sent_once(
    anna: FakeClient, boris: FakeClient, left_club: UUID, container: Container
) -> None:
    received: list[dict[str, Any]] = []
    hub = container.get(Hub)
    socket = noting_socket(boris, container, received)

    class WaitingSources(Sources):
        """It reads only after the socket has sent the chat up to the second removal."""

        async def list_left(self, account_id: UUID, stream_ids: Sequence[UUID]) -> Sequence[LeftStream]:
            await join(socket, anna, left_club, hub)
            ok(await anna.delete(f"/chats/{left_club}/members/{boris.id}"))
            await replay(socket, hub)
            return await super().list_left(account_id, stream_ids)

    sources = WaitingSources(container.get(Modules).contributions(StreamSource), container)
    await begin(socket, sources, container, left_club)
    await replay(socket, hub)
    socket.leave_all()
    assert seqs(received, left_club) == [3, 4, 5, 6, 7]
