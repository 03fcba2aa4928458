"""Events that former members may read, after a change of their message: they show nothing that was written later."""

from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.messages_module.extension import MessagePart, Messages
from app.settings import Settings
from app.utils.module import Module
from tests.fakers import FakeClient, ok
from tests.servers import build_with

MODULE = Module(
    name="test",
    description="Parts of this test",
    depends_on=("messages",),
    contributes=(MessagePart("note", str, str, str, empty=""), MessagePart("colour", str, str, empty="")),
)


@pytest.fixture
async def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    return build_with(settings, monkeypatch, MODULE)


async def change(app: FastAPI, user: FakeClient, chat_id: str, note: str, *, by: str) -> None:
    """Changes only the part `note` of the first message."""
    if by == "the sender":
        ok(await user.patch(f"/chats/{chat_id}/messages/1", {"note": note}))
        return
    container = app.state.container
    async with open_unit_of_work(container.get(Database)) as work:
        await container.get(Messages).set_part(work, UUID(chat_id), 1, "note", note)


async def list_shown(user: FakeClient, chat_id: str) -> list[dict[str, Any]]:
    """Returns the first message as its events show it."""
    return [event["data"] for event in await user.events(chat_id, after=1) if event["data"].get("seq") == 1]


@pytest.mark.parametrize("by", ["the server", "the sender"])
async def test_a_change_of_one_part_empties_only_this_part(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, app: FastAPI, by: str
) -> None:
    chat = await anna.open_chat(boris, clara)
    sent = await anna.send(chat, f"@{boris.username}, смотри", text_format="markdown", colour="red", note="до")
    ok(await clara.delete(f"/chats/{chat}/members/{clara.id}"))
    await change(app, anna, chat, "потом", by=by)
    created, changed = await list_shown(boris, chat)
    assert [entity["type"] for entity in sent["entities"]] == ["mention"]
    assert created == sent | {"note": ""}
    assert (changed["text"], changed["note"]) == (sent["text"], "потом")


async def test_a_text_that_an_earlier_edit_has_emptied_stays_empty_when_a_part_changes(
    anna: FakeClient, boris: FakeClient, app: FastAPI, club: str
) -> None:
    await anna.send(club, "при Борисе", colour="red")
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "без Бориса"}))
    await change(app, anna, club, "потом", by="the server")
    (created,) = await list_shown(boris, club)
    assert (created["text"], created["colour"], created["note"]) == ("", "", "")
