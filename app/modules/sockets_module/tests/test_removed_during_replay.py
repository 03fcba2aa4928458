"""A member is removed from a chat while their socket is still replaying."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from app.modules.sockets_module.services.replay import follow_all, follow_joined, send_page
from app.modules.sockets_module.services.requests import Requests
from app.modules.sockets_module.services.sources import Sources
from app.modules.sockets_module.tests.sample_sockets import noting_socket
from app.modules.streams_module.services.hub import Hub
from app.utils.container import Container
from tests.fakers import FakeClient, FakeSocket, eventually, ok


async def test_replay_sends_nothing_after_the_removal(
    anna: FakeClient, boris: FakeClient, club: str, app: FastAPI, server: httpx.AsyncClient
) -> None:
    """The page that contains the removal is full, and more pages follow it in the log."""
    received: list[dict[str, Any]] = []
    container: Container = app.state.container
    hub = container.get(Hub)
    streams = await container.get(Sources).list_streams(boris.uuid)
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    for number in range(60):
        await anna.send(club, f"без Бориса {number}")
    socket = noting_socket(boris, container, received)
    await follow_all(socket, hub, streams, {boris.uuid: 0, **{stream.stream_id: 0 for stream in streams}})
    async with asyncio.timeout(30):
        while socket.behind:
            await send_page(socket, hub)
    socket.leave_all()
    events = [frame["event"] for frame in received]
    kinds = [event["kind"] for event in events if event["stream_id"] == club]
    assert kinds == ["member.added", "member.added", "member.removed"]
    own = [event["kind"] for event in events if event["stream_id"] == boris.id]
    assert own == ["security.signed_in", "chat.joined", "chat.left"]


async def test_a_member_added_twice_before_the_chat_is_followed_again_misses_no_event(
    anna: FakeClient, boris: FakeClient, club: str, app: FastAPI, server: httpx.AsyncClient
) -> None:
    received: list[dict[str, Any]] = []
    container: Container = app.state.container
    hub = container.get(Hub)
    streams = await container.get(Sources).list_streams(boris.uuid)
    socket = noting_socket(boris, container, received)
    await follow_all(socket, hub, streams, {stream.stream_id: stream.last_seq for stream in streams})

    async def is_out() -> bool:
        return UUID(club) not in socket.streams

    async def has_received_both() -> bool:
        # The sign-in, and five changes of the membership.
        return socket.streams[boris.uuid].cursor == 6

    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    await eventually(is_out)
    await anna.send(club, "без Бориса")
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
    await eventually(has_received_both)
    await follow_joined(socket, hub)
    async with asyncio.timeout(30):
        while socket.behind:
            await send_page(socket, hub)
    socket.leave_all()
    seqs = [frame["event"]["seq"] for frame in received if frame["event"]["stream_id"] == club]
    assert seqs == [3, 4, 5, 6, 7]


async def test_signals_end_at_a_removal_that_is_not_replayed_yet(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, app: FastAPI, live_server: str
) -> None:
    """Boris replays slowly. As a member he gets and sends typing signals. After the removal he does neither."""
    chat = await anna.open_chat(boris, clara, title="Клуб")
    for number in range(60):
        await anna.send(chat, f"до прихода Бориса {number}")
    received: list[dict[str, Any]] = []
    container: Container = app.state.container
    hub = container.get(Hub)
    socket = noting_socket(boris, container, received)
    streams = await container.get(Sources).list_streams(boris.uuid)
    await follow_all(socket, hub, streams, {boris.uuid: 0, UUID(chat): 0})
    requests = Requests(socket, container, "/ws")

    async def type_as_boris(request_id: int) -> None:
        async def is_answered() -> bool:
            return any(frame.get("reply_to") == request_id for frame in received)

        data = {"chat_id": chat, "is_typing": True}
        requests.handle({"id": request_id, "action": "typing", "data": data})
        await eventually(is_answered)

    def signals() -> list[tuple[str, str]]:
        return [(frame["signal"]["kind"], frame["signal"]["account_id"]) for frame in received if "signal" in frame]

    async with FakeSocket(anna, live_server) as of_anna, FakeSocket(clara, live_server) as of_clara:

        def received_by_clara(user: FakeClient) -> int:
            return sum(signal["kind"] == "typing" and signal["account_id"] == user.id for signal in of_clara.signals)

        # Hello is answered before the chats are followed, so wait for an event.
        await anna.send(chat, "все здесь")
        await of_clara.until(lambda: bool(of_clara.events[chat]))
        await of_anna.ask("typing", chat_id=chat, is_typing=True)
        await type_as_boris(1)
        await of_clara.until(lambda: received_by_clara(anna) == received_by_clara(boris) == 1)
        assert ("typing", anna.id) in signals()
        for request_id, role in ((2, "reader"), (3, "member")):
            ok(await anna.patch(f"/chats/{chat}/members/{boris.id}", {"role": role}))
            await of_clara.until(lambda role=role: of_clara.events[chat][-1]["data"].get("role") == role)  # type: ignore[misc]
            await type_as_boris(request_id)
        await of_clara.until(lambda: received_by_clara(boris) == 2)
        ok(await anna.delete(f"/chats/{chat}/members/{boris.id}"))
        await of_clara.until(lambda: "member.removed" in of_clara.kinds(chat))
        before = signals()
        await type_as_boris(4)
        await of_clara.ask("read", chat_id=chat, seq=60)
        await of_anna.ask("typing", chat_id=chat, is_typing=False)
        await of_clara.until(lambda: received_by_clara(anna) == 2)
        assert received_by_clara(boris) == 2
        assert signals() == before
    replies = {frame["reply_to"]: frame for frame in received if "reply_to" in frame}
    assert [replies[request_id]["status"] for request_id in (1, 3)] == ["ok", "ok"]
    assert replies[2]["error"]["code"] == "forbidden"
    assert replies[4]["error"]["code"] == "not_found"
    async with asyncio.timeout(30):
        while socket.behind:
            await send_page(socket, hub)
    socket.leave_all()
    events = [frame["event"] for frame in received if frame.get("event", {}).get("stream_id") == chat]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["kind"] == "member.removed"
