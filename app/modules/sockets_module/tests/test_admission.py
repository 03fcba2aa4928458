"""Admission of sockets: origins, sessions, rates, and the number of sockets per account."""

import json
from dataclasses import replace
from uuid import uuid4

import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from app.fastapi_engine.constructor import build_app
from app.modules.sockets_module.services import registry
from app.settings import Settings
from tests.fakers import API, FakeClient, FakeSocket, ok
from tests.rates import limited
from tests.servers import listening

FRIENDLY = "https://chat.example.com"


@pytest.fixture
async def app(settings: Settings) -> FastAPI:
    """An application with one other allowed origin."""
    return build_app(replace(settings, app=settings.app.model_copy(update={"cors_origins": (FRIENDLY,)})))


async def test_pages_of_other_sites_are_refused(live_server: str) -> None:
    for origin in (
        "https://evil.example.com",
        "null",
        f"http://evil.{live_server}",
        f"{FRIENDLY}.evil.com",
        "garbage[",
    ):
        with pytest.raises(InvalidStatus) as refusal:
            await connect(f"ws://{live_server}{API}/ws", additional_headers={"Origin": origin})
        assert_problem(refusal.value.response, 403, "forbidden")


async def test_a_refused_handshake_is_no_error_in_the_log(live_server: str, quiet_log: list[str]) -> None:
    with pytest.raises(InvalidStatus):
        await connect(f"ws://{live_server}{API}/ws", additional_headers={"Origin": "https://evil.example.com"})


def assert_problem(answer: Response, status: int, code: str) -> None:
    body = json.loads(answer.body)
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert body["request_id"] == answer.headers["X-Request-ID"]
    assert body["instance"] == f"{API}/ws"


async def test_a_handshake_returns_its_request_id_once(live_server: str) -> None:
    async with connect(f"ws://{live_server}{API}/ws", additional_headers={"X-Request-ID": "one-of-annas"}) as socket:
        assert socket.response is not None
        assert socket.response.headers.get_all("X-Request-ID") == ["one-of-annas"]


async def test_the_servers_own_origin_and_allowed_origins_are_accepted(live_server: str) -> None:
    for origin in (f"http://{live_server}", f"https://{live_server}", FRIENDLY):
        async with connect(f"ws://{live_server}{API}/ws", additional_headers={"Origin": origin}) as connection:
            await connection.ping()


async def test_a_socket_over_the_limit_closes_the_least_recently_used_one(
    anna: FakeClient, boris: FakeClient, live_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients must not reconnect after this close code: that would close another socket."""
    assert registry.MAX_SOCKETS_OF_ACCOUNT == 50
    monkeypatch.setattr(registry, "MAX_SOCKETS_OF_ACCOUNT", 2)
    first, second, third, other = (FakeSocket(user, live_server) for user in (anna, anna, anna, boris))
    async with first, second, other:
        await first.ask("ping")
        async with third:
            await second.until(lambda: second.close_code is not None)
            assert second.close_code == 4409
            for socket in (first, third, other):
                await socket.ask("ping")


async def test_a_socket_over_the_limit_of_streams_closes_the_least_recently_used_one(
    anna: FakeClient, boris: FakeClient, live_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sockets of an account with many chats need much memory, however few they are."""
    assert registry.MAX_STREAMS_OF_ACCOUNT == 100_000
    await anna.open_chat(boris)
    # Each socket follows the account's stream and that of the chat.
    monkeypatch.setattr(registry, "MAX_STREAMS_OF_ACCOUNT", 5)
    first, second, third, other = (FakeSocket(user, live_server) for user in (anna, anna, anna, boris))
    async with first, second, other:
        await first.ask("ping")
        async with third:
            await second.until(lambda: second.close_code is not None)
            assert second.close_code == 4409
            for socket in (first, third, other):
                await socket.ask("ping")


async def test_cursors_of_unknown_streams_count_in_the_limit_of_streams(
    anna: FakeClient, live_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "MAX_STREAMS_OF_ACCOUNT", 5)
    first, second = (FakeSocket(anna, live_server) for _ in range(2))
    for socket in (first, second):
        socket.cursors = {str(uuid4()): 1 for _ in range(2)}
    async with first, second:
        # Each follows the account's stream.
        await first.until(lambda: first.close_code is not None)
        assert first.close_code == 4409
        await second.ask("ping")


async def test_an_account_with_very_many_streams_has_one_socket(
    anna: FakeClient, live_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await anna.open_chat()
    monkeypatch.setattr(registry, "MAX_STREAMS_OF_ACCOUNT", 1)
    async with FakeSocket(anna, live_server) as first, FakeSocket(anna, live_server) as second:
        await first.until(lambda: first.close_code is not None)
        assert first.close_code == 4409
        await second.ask("ping")


async def test_handshakes_over_the_limit_are_refused_with_429(settings: Settings) -> None:
    few = limited(settings, hello_address="2/hour")
    async with listening(build_app(few)) as address:
        for _ in range(2):
            await (await connect(f"ws://{address}{API}/ws")).close()
        with pytest.raises(InvalidStatus) as refusal:
            await connect(f"ws://{address}{API}/ws")
        answer = refusal.value.response
        assert_problem(answer, 429, "rate_limited")
        assert int(answer.headers["Retry-After"]) > 0


async def test_an_ended_session_is_refused(anna: FakeClient, live_server: str) -> None:
    ok(await anna.post("/accounts/sign-out"))
    assert await FakeSocket(anna, live_server).refused() == 4401
