"""Rate limits of sockets: typing has its own, and a client that ignores them is disconnected."""

import pytest
from fastapi import FastAPI

from app.fastapi_engine.constructor import build_app
from app.modules.sockets_module.services import requests
from app.settings import Settings
from tests.fakers import FakeClient, FakeSocket
from tests.rates import limited


@pytest.fixture
async def app(settings: Settings) -> FastAPI:
    return build_app(limited(settings, typing="2/hour", send="1/hour"))


def count_typing(socket: FakeSocket) -> int:
    return [signal["kind"] for signal in socket.signals].count("typing")


async def test_typing_has_a_rate_of_its_own(anna: FakeClient, boris: FakeClient, club: str, live_server: str) -> None:
    async with FakeSocket(anna, live_server) as socket, FakeSocket(boris, live_server) as other:
        # Hello is answered before the chats are followed, so wait for an event.
        await socket.ask("send", chat_id=club, text="written")
        await other.until(lambda: other.events[club] != [])
        for _ in range(2):
            await socket.ask("typing", chat_id=club, is_typing=True)
        reply = await socket.begin("typing", chat_id=club, is_typing=True)
        assert reply["error"]["code"] == "rate_limited"
        assert reply["error"]["retry_after"] > 0
        await other.until(lambda: count_typing(other) >= 2)
        await other.ask("ping")
        assert count_typing(other) == 2


async def test_a_socket_that_ignores_its_limits_is_closed(
    anna: FakeClient, club: str, live_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert requests._REFUSALS_AT_ONCE == 500
    monkeypatch.setattr(requests, "_REFUSALS_AT_ONCE", 3)
    monkeypatch.setattr(requests, "_REFUSALS_PER_SECOND", 0.0)
    async with FakeSocket(anna, live_server) as socket:
        await socket.ask("send", chat_id=club, text="written")
        for _ in range(3):
            assert (await socket.begin("send", chat_id=club, text="too much"))["error"]["code"] == "rate_limited"
        socket.begin("send", chat_id=club, text="too much")
        await socket.until(lambda: socket.close_code is not None)
        assert socket.close_code == 1008
