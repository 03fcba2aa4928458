"""Values of parts that the database could not store, at any depth: they are refused before anything is written."""

from typing import Any

import pytest
from fastapi import FastAPI

from app.modules.messages_module.extension import MessagePart
from app.settings import Settings
from app.utils.module import Module
from tests.fakers import FakeClient, FakeSocket, ok, problem
from tests.servers import build_with, client_of_port

MODULE = Module(
    name="test",
    description="A part of this test",
    depends_on=("messages",),
    contributes=(MessagePart("details", Any, Any, Any),),
)
VALUES = (
    r'["a\u0000b"]',
    r'{"inner": {"a\u0000b": 1}}',
    r'["\ud800"]',
    "1" + 30 * "0",
    f"[{-(2**70)}]",
    "1e999",
    '{"inner": [-1e999]}',
    120 * "[" + 120 * "]",
)

server = client_of_port


@pytest.fixture
async def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    return build_with(settings, monkeypatch, MODULE)


async def test_a_value_that_cannot_be_stored_is_refused(anna: FakeClient, club: str, live_server: str) -> None:
    kept = {"text": ["б", 1.5, None, True, -(2**62)]}
    await anna.send(club, details=kept)
    anna.headers["Content-Type"] = "application/json"
    for value in VALUES:
        body, path = f'{{"text": "?", "details": {value}}}', f"/chats/{club}/messages"
        refused = problem(await anna.call("POST", path, content=body), 422, "validation_error")
        assert refused["errors"][0]["loc"] == ["body", "details"]
        problem(await anna.call("PATCH", f"{path}/1", content=body), 422, "validation_error")
    async with FakeSocket(anna, live_server) as socket:
        for details in (["a\0b"], {"\ud800": 1}):
            reply = await socket.begin("send", chat_id=club, text="?", details=details)
            assert (reply["status"], reply["error"]["code"]) == ("error", "validation_error")
    assert [message["details"] for message in ok(await anna.get(f"/chats/{club}/messages"))["items"]] == [kept]
