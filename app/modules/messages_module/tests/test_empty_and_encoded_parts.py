"""Values of parts: empty ones are neither prepared nor stored, and all of them are JSON."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from app.modules.messages_module.extension import MessagePart, Messages, PartRequest, StoredPart
from app.modules.messages_module.schemas.models import message_models
from app.services.context import Context
from app.settings import Settings
from app.utils.module import Module, Modules
from tests.fakers import FakeClient
from tests.servers import build_with

prepared: list[tuple[Any, Any]] = []
stored: list[tuple[int, Any]] = []


async def prepare_colour(context: Context, requests: Sequence[PartRequest]) -> Sequence[Any]:
    prepared.extend((request.value, request.server_value) for request in requests)
    values = [request.server_value or request.value for request in requests]
    return ["" if value == "transparent" else value for value in values]


async def store_colour(context: Context, parts: Sequence[StoredPart]) -> None:
    stored.extend((part.seq, part.value) for part in parts)


PARTS = (MessagePart("colour", str, str, empty="", prepare=prepare_colour, store=store_colour),)
MODULE = Module(name="test", description="Parts of this test", depends_on=("messages",), contributes=PARTS)


@pytest.fixture
async def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    prepared.clear()
    stored.clear()
    return build_with(settings, monkeypatch, MODULE)


async def test_an_empty_value_of_a_new_message_is_neither_prepared_nor_stored(
    anna: FakeClient, club: str, app: FastAPI
) -> None:
    await anna.send(club, colour="")
    create = message_models(app.state.container.get(Modules)).create
    messages = app.state.container.get(Messages)
    await messages.post(UUID(club), anna.uuid, create(text="от сервера"), server_parts={"colour": ""})
    await anna.send(club, colour="red")
    assert prepared == [("red", None)]
    assert stored == [(3, "red")]


async def test_a_value_that_is_prepared_as_empty_is_not_stored(anna: FakeClient, club: str) -> None:
    assert (await anna.send(club, colour="transparent"))["colour"] == ""
    assert (prepared, stored) == ([("transparent", None)], [])
