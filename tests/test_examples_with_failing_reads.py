"""The example clients of docs/realtime.md miss nothing, even if a read fails that an event makes them do."""

import asyncio
from typing import Any, cast

import pytest
from fastapi import FastAPI

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import FakeClient, FakeSocket, eventually, ok
from tests.messengers import Client, in_node, in_python
from tests.servers import listening


class _Interrupted:
    """An application whose first read of a chat waits, and is then refused."""

    def __init__(self, app: FastAPI, chat_id: str) -> None:
        self._app, self._path = app, f"/api/v1/chats/{chat_id}"
        self.asked, self.refuses = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == self._path and not self.asked.is_set():
            self.asked.set()
            await self.refuses.wait()
            await send({"type": "http.response.start", "status": 503, "headers": []})
            await send({"type": "http.response.body"})
        else:
            await self._app(scope, receive, send)


@pytest.mark.parametrize("client", [in_python, in_node], ids=["python", "node"])
async def test_a_client_handles_an_event_again_if_the_read_that_it_needs_fails(
    settings: Settings, anna: FakeClient, boris: FakeClient, club: str, client: Client
) -> None:
    await anna.send(club, f"@{boris.username}, ты здесь?")
    before = ok(await boris.get(f"/chats/{club}"))
    tokens = {"access_token": boris.access_token, "refresh_token": boris.refresh_token}
    interrupted = _Interrupted(build_app(settings), club)
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
