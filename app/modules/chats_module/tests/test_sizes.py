"""The limits of chats per account and of members per chat."""

from dataclasses import replace

import pytest
from fastapi import FastAPI

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from app.settings.sizes_settings import SizesSettings
from tests.fakers import FakeClient, eventually, ok, problem


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """An application with low limits."""
    return build_app(
        replace(settings, sizes=SizesSettings(chats_of_account=3, members_of_chat=2, chats_added_by_one=2))
    )


async def test_the_groups_and_channels_that_an_account_creates_are_limited(anna: FakeClient, boris: FakeClient) -> None:
    opened = [await anna.open_chat(type=kind) for kind in ("group", "channel", "group")]
    error = problem(await anna.post("/chats", {"type": "group"}), 409, "conflict")
    assert "in 3 chats already" in error["detail"]
    # The refused request created nothing. Others can still add her, and direct chats do not count.
    assert len(ok(await anna.get("/chats"))["items"]) == 3
    await boris.open_chat(anna)
    await anna.open_chat(boris, type="direct")
    assert (await anna.delete(f"/chats/{opened[0]}")).status_code == 204

    async def may_create_another() -> bool:
        return (await anna.post("/chats", {"type": "group"})).status_code == 201

    # Memberships of a deleted chat end in the background.
    await eventually(may_create_another)


async def test_the_chats_that_others_add_an_account_to_are_limited(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, stranger: FakeClient
) -> None:
    first, second = await boris.open_chat(anna), await boris.open_chat(anna)
    refused = problem(await boris.post("/chats", {"type": "group", "member_ids": [anna.id]}), 409, "conflict")
    assert "Accounts that you have added to" in refused["detail"]
    assert anna.id in refused["detail"]
    await clara.open_chat(anna)
    theirs = await stranger.open_chat()
    refused = problem(await stranger.post(f"/chats/{theirs}/members", {"account_ids": [anna.id]}), 409, "conflict")
    assert anna.id in refused["detail"]
    assert ok(await stranger.get(f"/chats/{theirs}"))["member_count"] == 1
    # She can still create chats, and have direct chats.
    await anna.open_chat()
    await stranger.open_chat(anna, type="direct")
    await anna.open_chat(clara, type="direct")
    for chat in (first, second):
        ok(await anna.delete(f"/chats/{chat}/members/{anna.id}"))
    ok(await stranger.post(f"/chats/{theirs}/members", {"account_ids": [anna.id]}))


async def test_an_account_that_refuses_to_be_added_can_be_written_to(
    anna: FakeClient, boris: FakeClient, club: str, stranger: FakeClient
) -> None:
    assert ok(await boris.get("/accounts/me"))["who_may_add"] == "everyone"
    head = ok(await boris.get("/accounts/me"))["event_seq"]
    assert ok(await boris.patch("/accounts/me", {"who_may_add": "nobody"}))["who_may_add"] == "nobody"
    assert (await boris.own_events(head))[0]["data"]["who_may_add"] == "nobody"
    for wrong in (None, "friends", 5):
        problem(await boris.patch("/accounts/me", {"who_may_add": wrong}), 422, "validation_error")
    theirs = await stranger.open_chat()
    for path, body in (("/chats", {"type": "group", "member_ids": [boris.id]}), (f"/chats/{theirs}/members", None)):
        refused = await stranger.post(path, body or {"account_ids": [boris.id]})
        assert boris.id in problem(refused, 403, "forbidden")["detail"]
    # He stays a member where he is one, can create chats, and can be written to.
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
    await boris.open_chat(anna)
    await stranger.open_chat(boris, type="direct")
    assert "who_may_add" not in ok(await anna.get(f"/accounts/{boris.id}"))


async def test_the_members_of_a_chat_are_limited(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str, stranger: FakeClient
) -> None:
    problem(await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id]}), 409, "conflict")
    crowd = {"type": "group", "member_ids": [boris.id, clara.id]}
    problem(await anna.post("/chats", crowd), 409, "conflict")
    assert ok(await anna.get(f"/chats/{club}"))["member_count"] == 2
    ok(await boris.delete(f"/chats/{club}/members/{boris.id}"))
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id]}))
