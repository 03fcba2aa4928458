"""Open connections end when their session expires."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import API, FakeClient, FakeSocket, ok, problem
from tests.servers import client_of_port, listening

server = client_of_port


@pytest.fixture
async def live_server(settings: Settings) -> AsyncIterator[str]:
    """A server whose sessions last ten seconds."""
    auth = settings.auth.model_copy(update={"refresh_ttl": 10})
    async with listening(build_app(replace(settings, auth=auth))) as address:
        yield address


async def test_socket_event_stream_and_long_poll_end_with_their_session(
    anna: FakeClient, live_server: str, server: httpx.AsyncClient
) -> None:
    chat = await anna.open_chat()
    tokens = ok(await anna.post("/accounts/refresh", {"refresh_token": anna.refresh_token}))
    assert tokens["expires_in"] == 10
    kept = await anna.another_device().sign_in()

    async def read_stream(path: str) -> None:
        headers = anna.headers | {"Accept": "text/event-stream"}
        async with server.stream("GET", f"{API}{path}", headers=headers) as answer:
            assert answer.status_code == 200
            async for _ in answer.aiter_bytes():
                pass

    async def poll(path: str) -> None:
        head = ok(await anna.get(path))["last_seq"]
        assert ok(await anna.get(path, after=head, wait=30))["items"] == []

    async with FakeSocket(anna, live_server) as socket:
        streams = [f"{path}/events" for path in ("/accounts/me", f"/chats/{chat}")]
        reading = [asyncio.create_task(read(path)) for read in (read_stream, poll) for path in streams]
        await asyncio.sleep(5)
        # A session that is refreshed in time lives on, and ends no other connection.
        ok(await kept.post("/accounts/refresh", {"refresh_token": kept.refresh_token}))
        assert socket.close_code is None
        assert not any(task.done() for task in reading)
        async with asyncio.timeout(20):
            await asyncio.gather(*reading)
            await socket.until(lambda: socket.close_code is not None)
        assert socket.close_code == 4401
    problem(await anna.get("/accounts/me"), 401, "unauthenticated")
