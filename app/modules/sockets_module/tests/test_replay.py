"""Replay of many events, also to clients that read slowly or stop reading."""

import asyncio
import json
import socket as sockets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.adapters.db.connection import Connection
from app.modules.sockets_module.services import send_buffer
from app.modules.sockets_module.services.registry import Registry
from app.utils.container import Container
from tests.fakers import API, FakeClient, FakeSocket, eventually, ok

CHATS, MISSED = 1_500, 20_000


@pytest.fixture
def registry(app: FastAPI, live_server: str) -> Registry:
    """The registry of the running server."""
    container: Container = app.state.container
    return container.get(Registry)


def has(registry: Registry, count: int) -> Callable[[], Awaitable[bool]]:
    async def is_so() -> bool:
        return registry.count == count

    return is_so


async def fill(sql: Connection, owner: FakeClient, member: FakeClient, chats: int, events: int) -> list[UUID]:
    """Writes many chats of the two accounts, each with many events, as the server would have written them."""
    chat_ids = [uuid4() for _ in range(chats)]
    await sql.execute("INSERT INTO stream (id, last_seq) SELECT unnest($1::uuid[]), $2", chat_ids, events)
    await sql.execute(
        "INSERT INTO chat (id, type, title, owner_id, created_by, member_count, active_at)"
        " SELECT unnest($1::uuid[]), 'group', 'Чат', $2::uuid, $2::uuid, 2, now()",
        chat_ids,
        owner.uuid,
    )
    await sql.execute(
        "INSERT INTO chat_member (chat_id, account_id, role, joined_event_seq, joined_at)"
        " SELECT chat_id, account_id, CASE account_id WHEN $2::uuid THEN 'owner' ELSE 'member' END, 1, now()"
        " FROM unnest($1::uuid[]) AS chat_id, unnest(ARRAY[$2, $3]::uuid[]) AS account_id",
        chat_ids,
        owner.uuid,
        member.uuid,
    )
    await sql.execute(
        "INSERT INTO account_chat (account_id, chat_id, joined_seq)"
        " SELECT account_id, chat_id, 1 FROM unnest($1::uuid[]) AS chat_id,"
        " unnest(ARRAY[$2, $3]::uuid[]) AS account_id",
        chat_ids,
        owner.uuid,
        member.uuid,
    )
    await add_events(sql, chat_ids, 1, events)
    return chat_ids


async def add_events(sql: Connection, chat_ids: Sequence[UUID], first: int, last: int) -> None:
    await sql.execute(
        "INSERT INTO event (stream_id, seq, kind, data, at)"
        " SELECT chat_id, seq, 'chat.updated', json_build_object('chat_id', chat_id, 'title', repeat('ж', 100)), now()"
        " FROM unnest($1::uuid[]) AS chat_id, generate_series($2::bigint, $3::bigint) AS seq",
        chat_ids,
        first,
        last,
    )
    await sql.execute("UPDATE stream SET last_seq = $2 WHERE id = ANY($1)", chat_ids, last)


async def test_missed_events_of_many_chats_are_replayed_while_others_are_served(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str, sql: Connection, live_server: str
) -> None:
    busy, quiet = 1_000, 2
    chat_ids = await fill(sql, anna, boris, CHATS, quiet)
    # One chat was very busy, the others had a few events.
    await add_events(sql, chat_ids[:1], quiet + 1, busy)
    await add_events(sql, chat_ids[1:], quiet + 1, quiet + (MISSED - busy) // (CHATS - 1) + 1)
    heads = {
        str(row["id"]): row["last_seq"]
        for row in await sql.fetch("SELECT id, last_seq FROM stream WHERE id = ANY($1)", chat_ids)
    }
    assert sum(heads.values()) >= MISSED
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id]}))
    others = [FakeSocket(clara, live_server) for _ in range(20)]
    for other in others:
        await other.connect()
    back = FakeSocket(boris, live_server)
    back.cursors = dict.fromkeys(heads, 0)
    async with back:
        for number in range(50):
            await others[0].ask("send", chat_id=club, text=str(number))
        await back.until(lambda: all(back.cursors[chat_id] == head for chat_id, head in heads.items()), seconds=60)
        assert back.close_code is None
    for chat_id, head in heads.items():
        assert back.seqs(chat_id) == list(range(1, head + 1))
    for other in others:
        await other.until(lambda other=other: len(other.events[club]) == 50)  # type: ignore[misc]
        assert [event["data"]["text"] for event in other.events[club]] == [str(number) for number in range(50)]
        await other.cut()


async def test_a_restored_backup_reports_a_gap_of_every_chat(
    anna: FakeClient, boris: FakeClient, sql: Connection, live_server: str
) -> None:
    """The gaps are more frames than a send buffer holds. The client must not be treated as a slow one."""
    chat_ids = await fill(sql, anna, boris, 4_000, 2)
    connection = await connect_lazily(boris, live_server, {str(chat_id): 1_000 for chat_id in chat_ids})
    await asyncio.sleep(0.5)
    assert json.loads(await connection.recv())["status"] == "ok"
    gaps = [json.loads(await connection.recv())["gap"] for _ in chat_ids]
    assert {gap["stream_id"] for gap in gaps} == {str(chat_id) for chat_id in chat_ids}
    assert {(gap["first_seq"], gap["last_seq"]) for gap in gaps} == {(1, 2)}
    await connection.close()


async def test_a_member_added_while_offline_gets_the_chat_from_its_joining(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str, live_server: str
) -> None:
    async with FakeSocket(clara, live_server) as socket:
        socket.cursors[clara.id] = 0
    await anna.send(club, "без Клары")
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id]}))
    await anna.send(club, "с Кларой")
    await socket.connect()
    await socket.until(lambda: "message.created" in socket.kinds(club))
    await socket.cut()
    assert socket.seqs(club) == [4, 5]
    assert socket.kinds(club) == ["member.added", "message.created"]


async def test_a_rejoined_chat_continues_where_it_stopped(
    anna: FakeClient, boris: FakeClient, club: str, live_server: str
) -> None:
    async with FakeSocket(boris, live_server) as socket:
        ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
        await socket.until(lambda: socket.kinds(club) == ["member.removed"])
        await anna.send(club, "без Бориса")
        ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
        await socket.until(lambda: len(socket.events[club]) == 3)
        ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
        await socket.until(lambda: len(socket.events[club]) == 4)
    assert socket.kinds(club) == ["member.removed", "message.created", "member.added", "member.removed"]
    assert socket.seqs(club) == [3, 4, 5, 6]


async def connect_lazily(user: FakeClient, address: str, cursors: dict[str, int]) -> ClientConnection:
    """Connects a client with small buffers that reads only on demand."""
    host, port = address.split(":")
    sock = sockets.socket()
    sock.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    await asyncio.get_running_loop().run_in_executor(None, sock.connect, (host, int(port)))
    sock.setblocking(False)
    connection = await connect(
        f"ws://{address}{API}/ws", sock=sock, compression=None, max_size=None, max_queue=1, ping_interval=None
    )
    data: dict[str, Any] = {"token": user.access_token, "cursors": cursors}
    await connection.send(json.dumps({"id": 1, "action": "hello", "data": data}))
    return connection


async def test_a_client_that_stops_reading_during_replay_is_closed_with_1013(
    anna: FakeClient,
    boris: FakeClient,
    sql: Connection,
    live_server: str,
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert send_buffer.STALLED_AFTER == 8
    monkeypatch.setattr(send_buffer, "STALLED_AFTER", 1.0)
    (chat_id,) = await fill(sql, anna, boris, 1, 30_000)
    connection = await connect_lazily(boris, live_server, {str(chat_id): 0})
    await eventually(has(registry, 1))
    await eventually(has(registry, 0))
    received = [frame async for frame in connection_frames(connection)]
    assert connection.close_code == 1013
    assert 0 < len(received) < 30_000


async def test_a_client_that_reads_slowly_during_replay_stays_connected(
    anna: FakeClient,
    boris: FakeClient,
    sql: Connection,
    live_server: str,
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(send_buffer, "STALLED_AFTER", 1.0)
    (chat_id,) = await fill(sql, anna, boris, 1, 30_000)
    connection = await connect_lazily(boris, live_server, {str(chat_id): 0})
    for _ in range(200):
        for _ in range(10):
            await connection.recv()
        await asyncio.sleep(0.02)
    assert registry.count == 1
    connection.transport.abort()


async def test_a_client_that_does_not_read_is_closed_when_its_session_ends(
    anna: FakeClient,
    boris: FakeClient,
    sql: Connection,
    live_server: str,
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # It is not closed because it has stopped reading.
    monkeypatch.setattr(send_buffer, "STALLED_AFTER", 1000.0)
    (chat_id,) = await fill(sql, anna, boris, 1, 30_000)
    connection = await connect_lazily(boris, live_server, {str(chat_id): 0})
    await eventually(has(registry, 1))
    await asyncio.sleep(1)
    ok(await boris.post("/accounts/sign-out"))
    await eventually(has(registry, 0))
    received = [frame async for frame in connection_frames(connection)]
    assert connection.close_code == 4401
    assert 0 < len(received) < 30_000


async def connection_frames(connection: ClientConnection) -> AsyncIterator[str | bytes]:
    """Yields frames until either side closes."""
    try:
        while True:
            yield await asyncio.wait_for(connection.recv(), 20)
    except ConnectionClosed:
        return
