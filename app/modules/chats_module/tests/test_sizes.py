"""How many chats an account may be in, and how many people a chat may hold."""

from dataclasses import replace

import pytest
from fastapi import FastAPI

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from app.settings.sizes_settings import SizesSettings
from tests.fakers import FakeClient, ok, problem


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """With room for little."""
    return build_app(replace(settings, sizes=SizesSettings(chats_of_account=3, members_of_chat=2)))


async def test_an_account_is_in_so_many_chats(anna: FakeClient, boris: FakeClient, stranger: FakeClient) -> None:
    first = await anna.open_chat()
    await anna.open_chat()
    await boris.open_chat(anna, type="direct")
    told = problem(await anna.post("/chats", {"type": "group"}), 409, "conflict")
    assert "In 3 chats already" in told["detail"]
    # Nobody else lets her in either, and what was refused has left nothing behind.
    theirs = await stranger.open_chat()
    refused = problem(await stranger.post(f"/chats/{theirs}/members", {"account_ids": [anna.id]}), 409, "conflict")
    assert anna.id in refused["detail"]
    assert ok(await stranger.get(f"/chats/{theirs}"))["member_count"] == 1
    assert len(ok(await anna.get("/chats"))["items"]) == 3
    problem(await stranger.post("/chats", {"type": "direct", "member_ids": [anna.id]}), 409, "conflict")
    assert (await anna.delete(f"/chats/{first}")).status_code == 204


async def test_a_chat_has_so_many_members(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str, stranger: FakeClient
) -> None:
    problem(await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id]}), 409, "conflict")
    crowd = {"type": "group", "member_ids": [boris.id, clara.id]}
    problem(await anna.post("/chats", crowd), 409, "conflict")
    assert ok(await anna.get(f"/chats/{club}"))["member_count"] == 2
    ok(await boris.delete(f"/chats/{club}/members/{boris.id}"))
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id]}))
