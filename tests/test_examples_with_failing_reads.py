"""The example clients of docs/realtime.md miss nothing, even if a read fails that an event makes them do."""

import asyncio
from typing import Any, cast
from urllib.parse import quote

import pytest
from fastapi import FastAPI, WebSocket
from fastapi.responses import JSONResponse

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import FakeClient, FakeSocket, eventually, ok
from tests.messengers import Client, State, empty_server, in_node, in_python
from tests.servers import listening

# Answers are awaited for a quarter of the time: a busy machine needs more than a second for those of the first reads.
_IMPATIENT = """
const { timeout } = AbortSignal;
AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ms / 4);
"""


class _Interrupted:
    """An application whose first read of a chat waits, and is then refused or broken off."""

    def __init__(self, app: FastAPI, chat_id: str, length: int = 0) -> None:
        """With a `length`, the answer begins as one of so many bytes, and ends before."""
        self._app, self._path, self._length = app, f"/api/v1/chats/{chat_id}", length
        self.asked, self.refuses = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == self._path and not self.asked.is_set():
            self.asked.set()
            await self.refuses.wait()
            headers = [(b"content-length", str(self._length).encode())]
            await send({"type": "http.response.start", "status": 200 if self._length else 503, "headers": headers})
            await send({"type": "http.response.body"})
        else:
            await self._app(scope, receive, send)


@pytest.mark.parametrize("length", [0, 100], ids=["refused", "broken off"])
@pytest.mark.parametrize("client", [in_python, in_node], ids=["python", "node"])
async def test_a_client_handles_an_event_again_if_the_read_that_it_needs_fails(
    settings: Settings, anna: FakeClient, boris: FakeClient, club: str, client: Client, length: int
) -> None:
    await anna.send(club, f"@{boris.username}, ты здесь?")
    before = ok(await boris.get(f"/chats/{club}"))
    tokens = {"access_token": boris.access_token, "refresh_token": boris.refresh_token}
    interrupted = _Interrupted(build_app(settings), club, length)
    async with (
        listening(cast("FastAPI", interrupted)) as address,
        client(f"http://{address}", tokens) as read,
        FakeSocket(boris, address) as witness,
    ):
        ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "Ты здесь?"}))
        await asyncio.wait_for(interrupted.asked.wait(), 30)
        # It comes to the client while the read waits.
        await anna.send(club, "Ау!")
        await witness.until(lambda: len(witness.events[club]) == 2)
        interrupted.refuses.set()

        async def has_the_last() -> bool:
            return (await read()).seqs(club)[-1:] == [before["event_seq"] + 2]

        await eventually(has_the_last)
        known = await read()
        assert known.seqs(club) == [before["event_seq"] + 1, before["event_seq"] + 2]
        assert known.chats[club]["unread_mention_count"] == 0


async def test_a_client_asks_again_if_a_read_is_never_answered(
    settings: Settings, anna: FakeClient, boris: FakeClient, club: str
) -> None:
    await anna.send(club, f"@{boris.username}, ты здесь?")
    before = ok(await boris.get(f"/chats/{club}"))
    tokens = {"access_token": boris.access_token, "refresh_token": boris.refresh_token}
    unanswered = _Interrupted(build_app(settings), club)
    impatient = f"--import=data:text/javascript,{quote(_IMPATIENT)}"
    async with (
        listening(cast("FastAPI", unanswered)) as address,
        in_node(f"http://{address}", tokens, impatient) as read,
    ):
        ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "Ты здесь?"}))

        async def has_the_event() -> bool:
            return (await read()).seqs(club) == [before["event_seq"] + 1]

        await eventually(has_the_event)
        assert unanswered.asked.is_set()
        unanswered.refuses.set()


@pytest.mark.parametrize("client", [in_python, in_node], ids=["python", "node"])
async def test_a_client_refreshes_its_tokens_once_if_a_read_fails_after_that(client: Client) -> None:
    app, refreshed, is_back = empty_server(), 0, asyncio.Event()
    tokens = {"access_token": "", "refresh_token": ""}
    connections = 0

    @app.get("/api/v1/chats/yard")
    def refuse() -> JSONResponse:
        return JSONResponse({}, 503)

    @app.post("/api/v1/accounts/refresh")
    def refresh() -> State:
        nonlocal refreshed
        refreshed += 1
        return tokens

    @app.websocket("/api/v1/ws")
    async def connect(socket: WebSocket) -> None:
        nonlocal connections
        connections += 1
        await socket.accept()
        await socket.receive_text()
        if connections == 1:
            await socket.close(4401)
        elif connections == 2:
            # The client reads this chat.
            answer = {"without_cursor": {"yard": 1}}
            await socket.send_json({"reply_to": "hello", "status": "ok", "data": answer})
        else:
            is_back.set()
        await socket.receive()

    async with listening(app, http="h11", ws="websockets-sansio") as address, client(f"http://{address}", tokens):
        await asyncio.wait_for(is_back.wait(), 30)
    assert refreshed == 1
