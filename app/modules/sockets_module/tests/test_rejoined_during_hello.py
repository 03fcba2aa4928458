"""An account joins a chat again while the socket still reads which chats it has left."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from app.modules.sockets_module.extension import LeftStream, StreamSource
from app.modules.sockets_module.services.replay import find_left, follow_all, follow_joined, send_left, send_page
from app.modules.sockets_module.services.sources import Sources
from app.modules.sockets_module.tests.test_removed_during_replay import noting_socket
from app.modules.streams_module.services.hub import Hub
from app.utils.container import Container
from app.utils.module import Modules
from tests.fakers import FakeClient, eventually, ok


async def test_a_chat_that_was_joined_again_meanwhile_is_sent_once(
    anna: FakeClient, boris: FakeClient, club: str, app: FastAPI, server: httpx.AsyncClient
) -> None:
    received: list[dict[str, Any]] = []
    container: Container = app.state.container
    hub = container.get(Hub)
    await anna.send(club, "при Борисе")
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    await anna.send(club, "без Бориса")
    socket = noting_socket(boris, container, received)

    async def is_joined() -> bool:
        return UUID(club) in socket.joined

    class SlowSources(Sources):
        """Its answer is old when it arrives."""

        async def list_left(self, account_id: UUID, stream_ids: Sequence[UUID]) -> Sequence[LeftStream]:
            left = await super().list_left(account_id, stream_ids)
            ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
            await eventually(is_joined)
            await follow_joined(socket, hub)
            return left

    sources = SlowSources(container.get(Modules).contributions(StreamSource), container)
    streams = await sources.list_streams(boris.uuid)
    cursors = {boris.uuid: streams[0].last_seq, UUID(club): 2}
    await follow_all(socket, hub, streams, cursors)
    await find_left(socket, sources, cursors)
    async with asyncio.timeout(30):
        while socket.left:
            await send_left(socket, hub)
        while socket.behind:
            await send_page(socket, hub)
    socket.leave_all()
    seqs = [frame["event"]["seq"] for frame in received if frame["event"]["stream_id"] == club]
    assert seqs == [3, 4, 5, 6]
