"""Parts of a module that one process has and another has not: it is switched off, or an upgrade is under way."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.fastapi_engine import constructor
from app.fastapi_engine.constructor import build_app
from app.modules.messages_module.extension import MessagePart, Messages
from app.modules.messages_module.services.changes import MAX_EDITS_WITH_TEXT
from app.settings import Settings
from app.utils.module import Module
from app.utils.setup_modules import discover_modules
from tests.fakers import FakeClient, ok
from tests.servers import served, without

ADDED = Module(
    name="added",
    description="The part that one process does not know",
    depends_on=("messages",),
    contributes=(MessagePart("source", str, str, empty=""),),
)
NOTED = Module(
    name="noted",
    description="A part that both processes know",
    depends_on=("messages",),
    contributes=(MessagePart("note", str, str, str, empty=""),),
)


@pytest.fixture
async def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    known = discover_modules()
    monkeypatch.setattr(constructor, "discover_modules", lambda: known | {"added": ADDED, "noted": NOTED})
    return build_app(settings)


@pytest.fixture
def app_there(app: FastAPI, settings: Settings) -> FastAPI:
    return build_app(without(settings, "added"))


@pytest.fixture
async def anna_there(anna: FakeClient, app_there: FastAPI) -> AsyncIterator[FakeClient]:
    """Anna, served by a process without the module."""
    async with served(app_there) as http:
        yield FakeClient(http, id=anna.id, headers=anna.headers)


async def list_sources(user: FakeClient, chat_id: str) -> list[Any]:
    """Returns the unknown part as the message's events show it. Events without it come from the other process."""
    return [event["data"].get("source") for event in await user.events(chat_id) if event["kind"][:8] == "message."]


async def test_a_part_set_by_a_process_without_a_module_keeps_the_values_of_the_module(
    app_there: FastAPI, anna: FakeClient, anna_there: FakeClient, club: str
) -> None:
    await anna.send(club, source="архив")
    container = app_there.state.container
    async with open_unit_of_work(container.get(Database)) as work:
        await container.get(Messages).set_part(work, UUID(club), 1, "note", "важно")
    shown = ok(await anna.get(f"/chats/{club}/messages/1"))
    assert (shown["note"], shown["source"]) == ("важно", "архив")


async def test_an_edit_without_a_new_text_keeps_the_values_of_a_module_that_the_process_has_not(
    anna: FakeClient, anna_there: FakeClient, club: str
) -> None:
    await anna.send(club, source="архив")
    ok(await anna_there.patch(f"/chats/{club}/messages/1", {"note": "важно"}))
    shown = ok(await anna.get(f"/chats/{club}/messages/1"))
    assert (shown["note"], shown["source"]) == ("важно", "архив")


async def test_a_deletion_by_a_process_without_a_module_leaves_no_value_of_the_module_in_events(
    anna: FakeClient, anna_there: FakeClient, club: str
) -> None:
    await anna.send(club, source="секрет")
    ok(await anna_there.delete(f"/chats/{club}/messages/1"))
    assert await list_sources(anna, club) == [None, None]


async def test_a_deletion_after_many_edits_leaves_no_value_of_a_module_that_the_process_has_not_in_events(
    anna: FakeClient, anna_there: FakeClient, club: str
) -> None:
    await anna.send(club, source="секрет")
    path = f"/chats/{club}/messages/1"
    ok(await anna.patch(path, {"note": "важно"}))
    for number in range(MAX_EDITS_WITH_TEXT + 1):
        ok(await anna_there.patch(path, {"note": f"важно {number}"}))
    ok(await anna_there.delete(path))
    assert set(await list_sources(anna, club)) == {None}


async def test_a_new_text_by_a_process_without_a_module_leaves_no_value_about_the_old_text_in_events(
    anna: FakeClient, anna_there: FakeClient, club: str
) -> None:
    await anna.send(club, "секрет", source="секрет")
    ok(await anna_there.patch(f"/chats/{club}/messages/1", {"text": "другое"}))
    assert await list_sources(anna, club) == [None, None]
