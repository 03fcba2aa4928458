"""The example clients of docs/realtime.md send no cursor of a chat that has ended for the account."""

import asyncio

import pytest
from fastapi import WebSocket
from fastapi.responses import JSONResponse

from tests.messengers import Client, State, empty_server, in_node, in_python
from tests.servers import listening

_LEFT, _JOINED_AGAIN = (("chat.left", 4), ("chat.joined", 6))


def _own(number: int, kind: str, event_seq: int) -> State:
    return {"stream_id": "eve", "seq": number, "kind": kind, "data": {"chat_id": "yard", "event_seq": event_seq}}


def _in_the_yard(seq: int, kind: str) -> State:
    return {"stream_id": "yard", "seq": seq, "kind": kind, "data": {"account_id": "eve"}}


_JOINING = [_own(2, "chat.joined", 2), _in_the_yard(2, "member.added"), _in_the_yard(3, "chat.updated")]
_REMOVAL = _in_the_yard(4, "member.removed")
SENT = {
    "left before the last event": ([*_JOINING, _own(3, *_LEFT), _REMOVAL], {"eve": 3}),
    "left after the last event": ([*_JOINING, _REMOVAL, _own(3, *_LEFT)], {"eve": 3}),
    "the last event is not sent": ([*_JOINING, _own(3, *_LEFT)], {"eve": 3, "yard": 3}),
    "joined again before the last event": (
        [*_JOINING, _own(3, *_LEFT), _own(4, *_JOINED_AGAIN), _REMOVAL],
        {"eve": 4, "yard": 4},
    ),
    "joined again after the last event": (
        [*_JOINING, _REMOVAL, _own(3, *_LEFT), _own(4, *_JOINED_AGAIN)],
        {"eve": 4, "yard": 5},
    ),
}


@pytest.mark.parametrize("name", SENT)
@pytest.mark.parametrize("client", [in_python, in_node], ids=["python", "node"])
async def test_a_client_sends_no_cursor_of_a_chat_that_it_has_read_to_its_end(client: Client, name: str) -> None:
    events, expected = SENT[name]
    app, cursors = empty_server(), asyncio.Queue[State]()

    @app.get("/api/v1/chats/yard")
    def yard() -> JSONResponse:
        return JSONResponse({}, 404)

    @app.websocket("/api/v1/ws")
    async def connect(socket: WebSocket) -> None:
        await socket.accept()
        cursors.put_nowait((await socket.receive_json())["data"]["cursors"])
        await socket.send_json({"reply_to": "hello", "status": "ok", "data": {"without_cursor": {}}})
        for event in events:
            await socket.send_json({"event": event})
        await socket.close(1012)

    async with listening(app, http="h11", ws="websockets-sansio") as address:
        tokens = {"access_token": "", "refresh_token": ""}
        async with asyncio.timeout(30), client(f"http://{address}", tokens):
            assert await cursors.get() == {"eve": 1}
            assert await cursors.get() == expected
