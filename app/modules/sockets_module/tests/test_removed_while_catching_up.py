"""A socket that is still catching up while its account is let out of a chat."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import orjson
from fastapi import FastAPI

from app.adapters.db.database import Database
from app.modules.accounts_module.services.tokens import Identity
from app.modules.sockets_module.services.catching_up import follow_all, follow_joined, list_streams_of, send_page
from app.modules.sockets_module.services.outbox import Outbox
from app.modules.sockets_module.services.socket import Socket
from app.modules.streams_module.services.hub import Hub
from tests.fakers import FakeClient, eventually, ok


def noting_socket(person: FakeClient, hub: Hub, received: list[dict[str, Any]]) -> Socket:
    """Notes what goes out to the person."""

    async def send(message: Any) -> None:
        received.append(orjson.loads(message["text"]))

    return Socket(Identity(person.uuid, person.uuid), Outbox(send, None, lambda: None), hub)


async def test_nothing_behind_the_removal_is_read_from_the_log_either(
    anna: FakeClient, boris: FakeClient, club: str, app: FastAPI, server: httpx.AsyncClient
) -> None:
    """The page that holds the removal is full, and more pages follow it in the log."""
    received: list[dict[str, Any]] = []
    database, hub = app.state.container.get(Database), app.state.container.get(Hub)
    streams = await list_streams_of(database, boris.uuid)
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    for number in range(60):
        await anna.send(club, f"без Бориса {number}")
    socket = noting_socket(boris, hub, received)
    await follow_all(socket, hub, streams, {boris.uuid: 0, **{row["id"]: 0 for row in streams}})
    async with asyncio.timeout(30):
        while socket.behind:
            await send_page(socket, hub)
    socket.leave_all()
    events = [frame["event"] for frame in received]
    kinds = [event["kind"] for event in events if event["stream_id"] == club]
    assert kinds == ["member.added", "member.added", "member.removed"]
    assert [event["kind"] for event in events if event["stream_id"] == boris.id] == ["chat.joined", "chat.left"]


async def test_who_is_let_in_twice_before_the_chat_is_followed_again_misses_nothing_in_between(
    anna: FakeClient, boris: FakeClient, club: str, app: FastAPI, server: httpx.AsyncClient
) -> None:
    received: list[dict[str, Any]] = []
    database, hub = app.state.container.get(Database), app.state.container.get(Hub)
    streams = await list_streams_of(database, boris.uuid)
    socket = noting_socket(boris, hub, received)
    await follow_all(socket, hub, streams, {row["id"]: row["last_seq"] for row in streams})

    async def is_out() -> bool:
        return UUID(club) not in socket.streams

    async def has_heard_of_both() -> bool:
        return socket.streams[boris.uuid].cursor == 5

    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    await eventually(is_out)
    await anna.send(club, "без Бориса")
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
    await eventually(has_heard_of_both)
    await follow_joined(socket, hub, database)
    async with asyncio.timeout(30):
        while socket.behind:
            await send_page(socket, hub)
    socket.leave_all()
    seqs = [frame["event"]["seq"] for frame in received if frame["event"]["stream_id"] == club]
    assert seqs == [3, 4, 5, 6, 7]
