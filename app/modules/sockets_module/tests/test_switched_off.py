"""A server without the sockets module ignores what other modules contribute to it."""

import httpx
import pytest
from fastapi import FastAPI

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import API, FakeClient, ok
from tests.servers import without


@pytest.fixture
async def app(settings: Settings) -> FastAPI:
    return build_app(without(settings, "sockets"))


async def test_other_modules_work_without_sockets(anna: FakeClient, boris: FakeClient, club: str) -> None:
    await anna.send(club, "без сокетов")
    ok(await boris.put(f"/chats/{club}/read", {"seq": 1}))
    assert [event["kind"] for event in await boris.events(club)] == ["member.added", "member.added", "message.created"]


async def test_the_api_has_no_trace_of_sockets(server: httpx.AsyncClient) -> None:
    for address in ("/asyncapi.json", f"{API}/ws"):
        assert (await server.get(address)).status_code == 404
    document = ok(await server.get("/openapi.json"))
    assert "sockets" not in [tag["name"] for tag in document["tags"]]
    assert not [path for path in document["paths"] if path.endswith("/ws")]
