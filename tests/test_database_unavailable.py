"""During a database outage callers get 503 with Retry-After. Afterwards the server works without a restart."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.adapters.db import database
from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import TRY_AT_ONCE_AFTER
from app.fastapi_engine.constructor import build_app
from app.modules.streams_module.services import reader
from app.settings import Settings
from app.settings.db_settings import DbSettings
from tests.fakers import PASSWORD, FakeClient, FakeSocket, eventually, problem
from tests.servers import client_of_port, http_client, listening, settings_for
from tests.wire import Wire

server = client_of_port


@pytest.fixture
async def app(settings: Settings, database_address: DatabaseAddress, wire: Wire) -> FastAPI:
    db = settings_for(replace(database_address, host="127.0.0.1", port=wire.port))
    return build_app(replace(settings, db=db))


@pytest.fixture
def long_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers wait for a connection as long as a busy machine takes."""
    monkeypatch.setattr(database, "POOL_TIMEOUT", 600.0)
    monkeypatch.setattr(database, "CONNECT_TIMEOUT", 600.0)


def calls(user: FakeClient, chat: str) -> list[tuple[str, str, Any]]:
    """Returns one call for each way in which a request uses the database."""
    return [
        ("GET", "/chats", None),
        ("GET", "/accounts/me", None),
        ("POST", f"/chats/{chat}/messages", {"text": "x"}),
        ("PATCH", f"/chats/{chat}/messages/1", {"text": "y"}),
        ("PUT", f"/chats/{chat}/read", {"seq": 1}),
        ("POST", "/accounts/sign-in", {"login": user.username, "password": PASSWORD}),
        ("POST", "/accounts/refresh", {"refresh_token": user.refresh_token}),
        ("GET", f"/chats/{chat}/events", None),
        ("GET", f"/chats/{chat}/events?wait=20", None),
    ]


@pytest.mark.usefixtures("long_timeouts")
async def test_requests_during_an_outage_get_retry_after_and_succeed_later(
    anna: FakeClient, boris: FakeClient, club: str, wire: Wire, live_server: str, server: httpx.AsyncClient
) -> None:
    await anna.send(club)
    async with FakeSocket(boris, live_server) as socket:
        # It is answered once there is nothing left to replay.
        await socket.ask("ping")
        wire.cut()
        for method, path, body in calls(anna, club):
            refused = await anna.call(method, path, body)
            problem(refused, 503, "unavailable")
            assert refused.headers["retry-after"] == "1"
        reply = await socket.begin("send", chat_id=club, text="с сокета")
        assert (reply["status"], reply["error"]["code"]) == ("error", "unavailable")
        assert (await server.get("/healthcheck/live")).status_code == 200
        assert (await server.get("/healthcheck/ready")).status_code == 503
        assert "\nmessenger_database_available 0.0\n" in (await server.get("/metrics")).text
        await asyncio.gather(*(give_up(anna) for _ in range(30)))

        await wire.restore()
        await eventually(lambda: is_ready(server))
        assert "\nmessenger_database_available 1.0\n" in (await server.get("/metrics")).text
        # The first request of each kind.
        for method, path, body in calls(anna, club):
            assert await works(anna, method, path, body), path
        # More at once than there are connections: none was lost.
        assert all(answer.is_success for answer in await asyncio.gather(*(anna.get("/accounts/me") for _ in range(12))))
        assert all(answer.is_success for answer in await asyncio.gather(*(anna.get("/chats") for _ in range(24))))
        last = await anna.send(club, "и снова здравствуйте")
        await socket.until(lambda: socket.events[club][-1:] != [] and socket.events[club][-1]["data"] == last)
        assert socket.close_code is None


@pytest.mark.usefixtures("long_timeouts")
async def test_the_first_calls_succeed_as_soon_as_the_database_is_back(
    anna: FakeClient, club: str, wire: Wire, server: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At any moment: also right after a failed attempt to connect, and for the first calls of many processes."""
    # On a busy machine a connection takes more than a quarter of a second.
    monkeypatch.setattr(database, "TRY_AGAIN_AFTER", 2.0)
    await anna.send(club)
    for number in range(4):
        wire.cut()
        problem(await anna.get("/chats"), 503, "unavailable")
        problem(await anna.get(f"/chats/{club}/messages"), 503, "unavailable")
        await asyncio.sleep(0.05 * number)
        await wire.restore()
        await asyncio.sleep(TRY_AT_ONCE_AFTER)
        answers = await asyncio.gather(*(anna.call(method, path, body) for method, path, body in calls(anna, club)[:5]))
        assert [answer.status_code for answer in answers] == [200, 200, 201, 200, 200]


async def give_up(user: FakeClient) -> None:
    """Send a request, and disconnect before the answer."""
    try:
        async with asyncio.timeout(0.01):
            await user.get("/chats")
    except TimeoutError:
        return


async def is_ready(server: httpx.AsyncClient) -> bool:
    return (await server.get("/healthcheck/ready")).is_success


async def works(user: FakeClient, method: str, path: str, body: Any) -> bool:
    answer = await user.call(method, path, body)
    assert answer.is_success or answer.status_code == 503, answer.text
    if path == "/accounts/refresh" and answer.is_success:
        user.refresh_token = answer.json()["refresh_token"]
    return answer.is_success


async def test_a_request_gives_up_a_silent_database_after_one_timeout(
    anna: FakeClient, boris: FakeClient, club: str, wire: Wire, live_server: str, server: httpx.AsyncClient
) -> None:
    """It is refused after one unanswered statement: no rollback is awaited."""
    await anna.send(club)
    wire.silence()
    answers = await asyncio.gather(*(anna.call(method, path, body) for method, path, body in calls(anna, club)))
    for answer in answers:
        problem(answer, 503, "unavailable")
        assert answer.headers["retry-after"] == "1"
    assert (await server.get("/healthcheck/live")).status_code == 200
    wire.speak()
    await eventually(lambda: is_ready(server))
    for method, path, body in calls(anna, club)[:-1]:
        await eventually(lambda m=method, p=path, b=body: works(anna, m, p, b))  # type: ignore[misc]
    async with FakeSocket(boris, live_server) as socket:
        await socket.ask("ping")
        last = await anna.send(club, "и снова здравствуйте")
        await socket.until(lambda: socket.events[club][-1:] != [] and socket.events[club][-1]["data"] == last)


async def test_a_hello_during_a_database_outage_is_answered_with_unavailable(
    anna: FakeClient, app: FastAPI, settings: Settings, wire: Wire, live_server: str
) -> None:
    """Both if the token is cached, and in a process that has not even loaded the secret."""
    wire.cut()
    async with listening(build_app(replace(settings, db=app.state.container.get(DbSettings)))) as cold:
        for address in (live_server, cold):
            socket = FakeSocket(anna, address)
            with pytest.raises(AssertionError, match="'code': 'unavailable'"):
                await socket.connect()
            await socket.until(lambda socket=socket: socket.close_code is not None)  # type: ignore[misc]
            assert socket.close_code == 1013
        await wire.restore()
        async with http_client(f"http://{cold}") as http:
            await eventually(lambda: is_ready(http))
        async with FakeSocket(anna, cold) as socket:
            assert await socket.ask("ping") == {}


async def test_server_sent_events_end_and_resume_with_the_last_event_id(
    anna: FakeClient,
    boris: FakeClient,
    club: str,
    wire: Wire,
    server: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The log is read after each silence of this length.
    monkeypatch.setattr(reader, "_KEEPALIVE", 0.2)
    headers = {**boris.headers, "Accept": "text/event-stream"}
    address = f"/api/v1/chats/{club}/events"
    seen: list[str] = []
    async with server.stream("GET", address, headers=headers) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("id: "):
                seen.append(line[4:])
            if seen[-1:] == ["2"]:
                wire.cut()
    await wire.restore()
    await eventually(lambda: is_ready(server))
    await anna.send(club)
    headers["Last-Event-ID"] = seen[-1]
    async with server.stream("GET", address, headers=headers) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("id: "):
                seen.append(line[4:])
                break
    assert seen == ["1", "2", "3"]
