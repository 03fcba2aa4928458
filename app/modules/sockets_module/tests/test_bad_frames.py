"""Invalid frames: an error reply or the right close code, a quiet log, and no effect on other clients."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from app.modules.sockets_module.services import connection as connection_module
from app.modules.sockets_module.services.asyncapi import CLOSE_CODES
from app.resources.constants import MAX_FRAME_BYTES
from tests.fakers import API, FakeClient, FakeSocket

DEEP = 10_000


@pytest.fixture
async def other_socket(boris: FakeClient, live_server: str, quiet_log: list[str]) -> AsyncIterator[FakeSocket]:
    """Boris' socket, which stays connected and must not be affected."""
    async with FakeSocket(boris, live_server) as socket:
        yield socket
        await socket.ask("ping")
        assert socket.close_code is None


async def open_connection(address: str) -> ClientConnection:
    return await connect(f"ws://{address}{API}/ws", compression=None, max_size=None)


def hello(user: FakeClient, **data: Any) -> str:
    return json.dumps({"id": 1, "action": "hello", "data": {"token": user.access_token, **data}})


async def close_code_of(connection: ClientConnection) -> int | None:
    """Reads to the end. Returns the server's close code."""
    async with asyncio.timeout(30):
        try:
            while True:
                await connection.recv()
        except ConnectionClosed:
            return connection.close_code


NO_OBJECTS: dict[str, str | bytes] = {
    "no JSON": "Привет",
    "nothing": "",
    "half of an object": '{"id": 1, "action": ',
    "a list": "[1, 2]",
    "a number": "7",
    "nested too deep": "[" * DEEP + "]" * DEEP,
    "an object nested too deep": '{"a":' * DEEP + "1" + "}" * DEEP,
    "binary": b'{"id": 1, "action": "ping", "data": {}}',
    "binary that is no text": b"\xff\xfe\x00",
}


async def test_frames_other_than_json_objects_close_the_socket(
    anna: FakeClient, live_server: str, other_socket: FakeSocket
) -> None:
    for name, frame in NO_OBJECTS.items():
        first = await open_connection(live_server)
        await first.send(frame)
        assert await close_code_of(first) == 4400, name
        later = await open_connection(live_server)
        await later.send(hello(anna))
        await later.recv()
        await later.send(frame)
        assert await close_code_of(later) == 4400, name


async def test_a_frame_that_is_too_large_closes_the_socket(
    anna: FakeClient, live_server: str, other_socket: FakeSocket
) -> None:
    connection = await open_connection(live_server)
    await connection.send(hello(anna))
    await connection.recv()
    sending = asyncio.ensure_future(connection.send("a" * 2_000_000))
    assert await close_code_of(connection) == 1009
    await asyncio.gather(sending, return_exceptions=True)


async def test_invalid_utf_8_closes_the_socket(anna: FakeClient, live_server: str, other_socket: FakeSocket) -> None:
    connection = await open_connection(live_server)
    await connection.send(hello(anna))
    await connection.recv()
    connection.transport.write(Frame(Opcode.TEXT, b'{"id": "\xff"}').serialize(mask=True))
    assert await close_code_of(connection) == 1007


FIRST_FRAMES = {
    "a request": ('{"id": 1, "action": "ping", "data": {}}', 4401),
    "an object of something else": ("{}", 4401),
    "hello without a token": ('{"id": 1, "action": "hello", "data": {}}', 4400),
    "hello with a wrong token and a wrong cursor": (
        '{"id": 1, "action": "hello", "data": {"token": "wrong", "cursors": {"a": []}}}',
        4401,
    ),
    "hello of many members": (json.dumps({"id": 1, "action": "hello"} | dict.fromkeys(map(str, range(60_000)))), 4400),
    "hello with half a letter": ('{"id": 1, "action": "hello", "data": {"token": "\\ud800"}}', 4400),
    "hello with a wrong token": ('{"id": 1, "action": "hello", "data": {"token": "wrong"}}', 4401),
}


async def test_the_first_frame_must_be_a_valid_hello(live_server: str, other_socket: FakeSocket) -> None:
    for name, (frame, code) in FIRST_FRAMES.items():
        connection = await open_connection(live_server)
        await connection.send(frame)
        assert await close_code_of(connection) == code, name
    assert "the first frame was another one than hello" in CLOSE_CODES[4401]
    assert "hello was not valid" in CLOSE_CODES[4400]


WRONG_CURSORS: dict[str, Any] = {
    "a list": [],
    "a key that is no id": {"a": 1},
    "a number that is no number": {str(uuid4()): []},
    "many wrong keys": {str(n): n for n in range(19_000)},
    "a wrong one behind many": {str(uuid4()): 1 for _ in range(1_000)} | {"a": 1},
    "too many": {str(uuid4()): 1 for _ in range(20_001)},
}


async def test_a_hello_with_invalid_cursors_closes_the_socket(
    anna: FakeClient, live_server: str, other_socket: FakeSocket
) -> None:
    for name, cursors in WRONG_CURSORS.items():
        connection = await open_connection(live_server)
        await connection.send(hello(anna, cursors=cursors))
        assert await close_code_of(connection) == 4400, name


async def test_as_many_cursors_as_the_documents_recommend_fit_in_a_frame(anna: FakeClient, live_server: str) -> None:
    text = hello(anna, cursors={str(uuid4()): 10**15 for _ in range(18_000)})
    assert len(text) + 4096 < MAX_FRAME_BYTES
    connection = await open_connection(live_server)
    await connection.send(text)
    assert json.loads(await connection.recv())["status"] == "ok"
    await connection.close()


async def test_a_silent_connection_is_closed(
    live_server: str, other_socket: FakeSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connection_module.HELLO_TIMEOUT == 10
    monkeypatch.setattr(connection_module, "HELLO_TIMEOUT", 0.3)
    connection = await open_connection(live_server)
    assert await close_code_of(connection) == 4401


REFUSED = {
    "an unknown action": ({"id": "x", "action": "dance", "data": {}}, "x"),
    "no action": ({"id": "x"}, "x"),
    "no id": ({"action": "ping", "data": {}}, None),
    "an id that is a list": ({"id": [1], "action": "ping", "data": {}}, None),
    "an id that is too long": ({"id": "a" * 100_000, "action": "ping", "data": {}}, None),
    "an id that is too large": ({"id": 10**400, "action": "ping", "data": {}}, None),
    "an id with half a letter": ({"id": "\ud800", "action": "ping", "data": {}}, None),
    "an unknown field": ({"id": "x", "action": "ping", "data": {}, "more": 1}, "x"),
    "a field with half a letter": ({"id": "x", "action": "ping", "data": {"\udfff": 1}}, "x"),
    "a hundred thousand fields": ({"id": "x", "action": "ping", "data": {str(n): 0 for n in range(60_000)}}, "x"),
    "a text with half a letter": (
        {"id": "x", "action": "send", "data": {"chat_id": str(uuid4()), "text": "a\ud800"}},
        "x",
    ),
    "a text with a NUL": ({"id": "x", "action": "send", "data": {"chat_id": str(uuid4()), "text": "a\0"}}, "x"),
    "no chat": ({"id": "x", "action": "send", "data": {"text": "кому?"}}, "x"),
    "a second hello": ({"id": "x", "action": "hello", "data": {"token": "a"}}, "x"),
}


async def test_an_invalid_request_is_refused_and_the_socket_stays_open(
    anna: FakeClient, live_server: str, other_socket: FakeSocket
) -> None:
    connection = await open_connection(live_server)
    await connection.send(hello(anna))
    await connection.recv()
    for name, (frame, echoed) in REFUSED.items():
        await connection.send(json.dumps(frame))
        reply = json.loads(await asyncio.wait_for(connection.recv(), 30))
        assert (reply["reply_to"], reply["status"]) == (echoed, "error"), name
        assert (reply["error"]["code"], reply["error"]["status"]) == ("validation_error", 422), name
        assert len(json.dumps(reply)) < 20_000, name
        await connection.send('{"id": 2, "action": "ping", "data": {}}')
        assert json.loads(await asyncio.wait_for(connection.recv(), 30)) == {"reply_to": 2, "status": "ok", "data": {}}
    await connection.close()


async def test_requests_of_non_members_are_refused_as_over_http(
    stranger: FakeClient, club: str, live_server: str, other_socket: FakeSocket
) -> None:
    async with FakeSocket(stranger, live_server) as socket:
        asked: dict[str, dict[str, Any]] = {
            "send": {"text": "можно?"},
            "read": {"seq": 0},
            "typing": {"is_typing": True},
        }
        for action, data in asked.items():
            reply = await socket.begin(action, chat_id=club, **data)
            assert reply["error"]["code"] == "not_found", action
    assert other_socket.signals == []


async def test_request_ids_can_be_reused(anna: FakeClient, live_server: str, other_socket: FakeSocket) -> None:
    connection = await open_connection(live_server)
    await connection.send(hello(anna))
    await connection.recv()
    for _ in range(3):
        await connection.send('{"id": 1, "action": "ping", "data": {}}')
    replies = [json.loads(await asyncio.wait_for(connection.recv(), 30)) for _ in range(3)]
    assert replies == [{"reply_to": 1, "status": "ok", "data": {}}] * 3
    await connection.close()


async def test_a_fragmented_frame_is_one_frame(anna: FakeClient, live_server: str, other_socket: FakeSocket) -> None:
    connection = await open_connection(live_server)
    await connection.send(hello(anna))
    await connection.recv()
    text = '{"id": "ы", "action": "ping", "data": {}}'.encode()
    middle = text.index("ы".encode()) + 1
    connection.transport.write(
        Frame(Opcode.TEXT, text[:middle], fin=False).serialize(mask=True)
        + Frame(Opcode.CONT, text[middle:]).serialize(mask=True)
    )
    reply = json.loads(await asyncio.wait_for(connection.recv(), 30))
    assert reply == {"reply_to": "ы", "status": "ok", "data": {}}
    await connection.close()
