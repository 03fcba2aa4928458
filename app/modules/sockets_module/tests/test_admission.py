"""Who may connect, from where, and how often."""

import json
from dataclasses import replace

import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from app.fastapi_engine.constructor import build_app
from app.modules.sockets_module.services import registry
from app.settings import Settings
from app.settings.limits_settings import LimitsSettings
from tests.fakers import API, FakeClient, FakeSocket, ok
from tests.servers import listening

FRIENDLY = "https://chat.example.com"


@pytest.fixture
async def app(settings: Settings) -> FastAPI:
    """With one page elsewhere that may call it."""
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
        assert refusal.value.response.status_code == 403, origin


async def test_the_servers_own_origin_and_allowed_origins_are_accepted(live_server: str) -> None:
    for origin in (f"http://{live_server}", f"https://{live_server}", FRIENDLY):
        async with connect(f"ws://{live_server}{API}/ws", additional_headers={"Origin": origin}) as connection:
            await connection.ping()


async def test_one_socket_too_many_closes_the_one_that_was_used_least_lately(
    anna: FakeClient, boris: FakeClient, live_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Finally: to come back would close another one."""
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


async def test_a_handshake_too_many_is_refused_before_it_is_carried_out(settings: Settings) -> None:
    few = replace(settings, limits=LimitsSettings(hello_address="2/minute"))
    async with listening(build_app(few)) as address:
        for _ in range(2):
            await (await connect(f"ws://{address}{API}/ws")).close()
        with pytest.raises(InvalidStatus) as refusal:
            await connect(f"ws://{address}{API}/ws")
        answer = refusal.value.response
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
        assert json.loads(answer.body)["code"] == "rate_limited"


async def test_an_ended_session_is_refused(anna: FakeClient, live_server: str) -> None:
    ok(await anna.post("/accounts/sign-out"))
    assert await FakeSocket(anna, live_server).refused() == 4401
