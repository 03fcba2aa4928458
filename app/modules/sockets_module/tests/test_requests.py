"""Invalid requests get an error reply and the socket stays open. Frames other than JSON objects close it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.fakers import API, FakeClient


@asynccontextmanager
async def signed_in(user: FakeClient, address: str) -> AsyncIterator[ClientConnection]:
    """A socket after its hello. The test writes frames itself."""
    async with connect(f"ws://{address}{API}/ws") as socket:
        await socket.send(orjson.dumps({"id": 1, "action": "hello", "data": {"token": user.access_token}}).decode())
        await socket.recv()
        yield socket


_WRONG: list[tuple[str, Any, list[str]]] = [
    ('{"id": 7, "action": "send", "data": {"chat_id": "CHAT", "text": "\\ud83d"}}', 7, ["data", "text"]),
    ('{"id": 7, "action": "send", "data": {"chat_id": "CHAT", "text": "\\u0000"}}', 7, ["data", "text"]),
    ('{"id": 7, "action": "send", "data": {"chat_id": "CHAT", "text": " \\n"}}', 7, ["data", "text"]),
    ('{"id": 7, "action": "send", "data": {"chat_id": "CHAT", "text": "x", "mine": 1}}', 7, ["data", "mine"]),
    ('{"id": 7, "action": "read", "data": {"chat_id": "CHAT", "seq": true}}', 7, ["data", "seq"]),
    ('{"id": 7, "action": "fly", "data": {}}', 7, ["action"]),
    ('{"id": 7, "action": "\\ud83d"}', 7, ["action"]),
    ('{"id": 7, "action": ["ping"]}', 7, ["action"]),
    ('{"id": 7}', 7, ["action"]),
    ('{"id": 7, "action": "ping", "more": 1}', 7, ["more"]),
    ('{"action": "ping"}', None, ["id"]),
    ('{"id": 1.5, "action": "ping"}', None, ["id"]),
    ('{"id": true, "action": "fly"}', None, ["action"]),
    ('{"id": 1e99, "action": "fly"}', None, ["action"]),
    ('{"id": "\\ud83d", "action": "fly"}', None, ["action"]),
    (f'{{"id": "{"x" * 65}", "action": "fly"}}', None, ["action"]),
]
_NO_OBJECTS = ("", "nope", "[]", "1", '{"id": NaN, "action": "ping"}', "[" * 100_000, b"{}", '{"id": 1')


async def test_the_error_of_an_invalid_request_names_the_field(anna: FakeClient, club: str, live_server: str) -> None:
    async with signed_in(anna, live_server) as socket:
        for frame, reply_to, loc in _WRONG:
            await socket.send(frame.replace("CHAT", club))
            reply = orjson.loads(await socket.recv())
            assert (reply["reply_to"], reply["status"]) == (reply_to, "error"), frame
            assert reply["error"]["code"] == "validation_error", frame
            assert [error["loc"] for error in reply["error"]["errors"]] == [loc], frame
            assert reply["error"]["instance"] == f"{API}/ws", frame
        await socket.send('{"id": "still here", "action": "ping"}')
        assert orjson.loads(await socket.recv()) == {"reply_to": "still here", "status": "ok", "data": {}}


async def test_a_frame_other_than_a_json_object_closes_the_socket(anna: FakeClient, live_server: str) -> None:
    for frame in _NO_OBJECTS:
        async with signed_in(anna, live_server) as socket:
            await socket.send(frame)
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4400, frame
