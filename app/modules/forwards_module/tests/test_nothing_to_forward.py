"""Forwards of messages of which nothing can be taken along."""

from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.modules.forwards_module.tests.forwarding import forward
from app.modules.messages_module.extension import MessagePart
from app.settings import Settings
from app.utils.module import Module
from tests.fakers import FakeClient, ok, problem
from tests.servers import build_with

POLL = MessagePart("poll", str | None, str | None, replaces_text=True)
STICKER = MessagePart("sticker", int | None, int | None, replaces_text=True, forwarded=True)
MODULE = Module(name="test", description="Parts of this test", depends_on=("messages",), contributes=(POLL, STICKER))


@pytest.fixture
async def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    return build_with(settings, monkeypatch, MODULE)


async def test_a_message_of_which_no_part_is_forwarded_is_refused_as_such(anna: FakeClient, club: str) -> None:
    await anna.send(club, "", poll="Куда?")
    refused = problem(await forward(anna, club, 1, club), 409, "conflict")
    assert refused["title"] == "Nothing of this message can be forwarded"
    await anna.send(club, "", poll="Куда?", sticker=7)
    sent = ok(await forward(anna, club, 2, club))
    assert (sent["text"], sent["poll"], sent["sticker"]) == ("", None, 7)


async def test_a_repeated_forward_is_answered_as_before_when_the_text_of_its_source_is_gone(
    anna: FakeClient, club: str
) -> None:
    await anna.send(club, "Выбираем", poll="Куда?")
    path = f"/chats/{club}/messages/1/forward"
    body = {"to_chat_id": club, "client_msg_id": str(uuid4())}
    sent = ok(await anna.post(path, body))
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": ""}))
    assert ok(await anna.post(path, body)) == sent
