"""Who may connect, from where, and how often."""

import asyncio
from dataclasses import replace

import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from app.fastapi_engine.constructor import build_app
from app.modules.sockets_module.services import registry
from app.settings import Settings
from tests.fakers import API, FakeClient, FakeSocket, eventually, ok

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


async def test_the_servers_own_pages_and_the_allowed_ones_are_let_in(live_server: str) -> None:
    for origin in (f"http://{live_server}", f"https://{live_server}", FRIENDLY):
        async with connect(f"ws://{live_server}{API}/ws", additional_headers={"Origin": origin}) as connection:
            await connection.ping()


async def test_an_account_has_so_many_sockets(
    anna: FakeClient, boris: FakeClient, live_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert registry.MAX_SOCKETS_OF_ACCOUNT == 50
    monkeypatch.setattr(registry, "MAX_SOCKETS_OF_ACCOUNT", 2)
    async with FakeSocket(anna, live_server) as first, FakeSocket(anna, live_server), FakeSocket(boris, live_server):
        third = FakeSocket(anna, live_server)
        assert await third.refused() == 1013
        await first.cut()

        async def is_let_in() -> bool:
            try:
                await third.connect()
            except asyncio.CancelledError:
                return False
            return True

        await eventually(is_let_in)
        await third.cut()


async def test_an_ended_session_is_not_let_in(anna: FakeClient, live_server: str) -> None:
    ok(await anna.post("/accounts/sign-out"))
    assert await FakeSocket(anna, live_server).refused() == 4401
