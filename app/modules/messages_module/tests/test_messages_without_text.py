"""Messages without a text: a part that is not empty replaces it, given by the client or by the server."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
import pytest
from fastapi import FastAPI

from app.modules.messages_module.extension import MessagePart, Messages, PartRequest
from app.modules.messages_module.schemas.models import message_models
from app.modules.messages_module.tests.app_with_parts import app_with_parts
from app.services.context import Context
from app.settings import Settings
from app.utils.module import Module, Modules
from tests.fakers import FakeClient, ok, problem
from tests.servers import build_with, served, without


async def prepare_poll(context: Context, requests: Sequence[PartRequest]) -> Sequence[Any]:
    return [None if request.value == "closed" else request.value for request in requests]


STICKER = MessagePart("sticker", int | None, int | None, int | None, replaces_text=True)
EFFECT = MessagePart("effect", str, str, str, empty="none", replaces_text=True)
CALL = MessagePart("call", str | None, replaces_text=True)
POLL = MessagePart("poll", str | None, str, prepare=prepare_poll, replaces_text=True)
PARTS = (STICKER, EFFECT, CALL, POLL)

app = app_with_parts


@pytest.mark.parametrize("part", [{"sticker": 0}, {"effect": ""}])
async def test_a_part_that_is_not_empty_replaces_the_text(anna: FakeClient, club: str, part: dict[str, Any]) -> None:
    assert (await anna.send(club, "", **part)).items() >= {"text": "", **part}.items()
    await anna.send(club, "Текст")
    assert ok(await anna.patch(f"/chats/{club}/messages/2", {"text": "", **part}))["text"] == ""


async def test_a_part_that_is_empty_does_not_replace_the_text(anna: FakeClient, club: str) -> None:
    refused = await anna.post(f"/chats/{club}/messages", {"text": "", "effect": "none", "sticker": None})
    (error,) = problem(refused, 422, "validation_error")["errors"]
    # Clients cannot send the part `call`.
    assert "sticker, effect, poll is required" in error["msg"]
    await anna.send(club, "", sticker=0)
    problem(await anna.patch(f"/chats/{club}/messages/1", {"sticker": None}), 422, "validation_error")


async def test_a_part_that_is_prepared_as_empty_does_not_replace_the_text(anna: FakeClient, club: str) -> None:
    problem(await anna.post(f"/chats/{club}/messages", {"text": "", "poll": "closed"}), 422, "validation_error")
    assert (await anna.send(club, "", poll="open"))["seq"] == 1


async def test_a_part_that_only_the_server_gives_replaces_the_text(anna: FakeClient, club: str, app: FastAPI) -> None:
    create = message_models(app.state.container.get(Modules)).create
    messages = app.state.container.get(Messages)
    sent = await messages.post(UUID(club), anna.uuid, create(text=""), server_parts={"call": "missed"})
    assert orjson.loads(sent.body).items() >= {"text": "", "call": "missed"}.items()
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "Не дозвонились"}))
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": ""}))


async def test_where_only_the_server_gives_such_parts_clients_must_send_a_text(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = Module(name="test", description="A part of this test", depends_on=("messages",), contributes=(CALL,))
    app = build_with(without(settings, "attachments", "previews"), monkeypatch, module)
    create = message_models(app.state.container.get(Modules)).create
    async with served(app) as http:
        anna = await FakeClient.sign_up(http)
        chat = await anna.open_chat()
        (error,) = problem(await anna.post(f"/chats/{chat}/messages", {"text": ""}), 422, "validation_error")["errors"]
        assert error["msg"] == "text is required"
        messages = app.state.container.get(Messages)
        await messages.post(UUID(chat), anna.uuid, create(text=""), server_parts={"call": "missed"})
