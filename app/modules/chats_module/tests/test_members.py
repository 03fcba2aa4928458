"""Members of a chat: adding, removing, leaving and rejoining."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx

from app.adapters.db.connection import Connection
from app.modules.base_module.services.cursors import encode_cursor
from tests.fakers import FakeClient, ok, problem


async def _roles(user: FakeClient, chat: str) -> dict[str, str]:
    return {each["account_id"]: each["role"] for each in ok(await user.get(f"/chats/{chat}/members"))["items"]}


async def test_members_are_listed_in_the_order_of_joining(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, stranger: FakeClient, club: str
) -> None:
    await anna.send(club)
    response = await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id, boris.id, clara.id]})
    assert response.status_code == 201
    assert [member["account_id"] for member in response.json()["items"]] == [boris.id, clara.id]
    listed = ok(await boris.get(f"/chats/{club}/members"))["items"]
    assert [(each["account_id"], each["role"], each["read_seq"]) for each in listed] == [
        (anna.id, "owner", 1),
        (boris.id, "member", 0),
        (clara.id, "member", 1),
    ]
    assert listed[1]["display_name"] == "Борис 🐻"
    assert ok(await anna.get(f"/chats/{club}"))["member_count"] == 3
    problem(await stranger.get(f"/chats/{club}/members"), 404, "not_found")


async def test_pages_contain_every_member_once(server: httpx.AsyncClient, anna: FakeClient) -> None:
    guests = [await FakeClient.sign_up(server, "guest") for _ in range(4)]
    chat = await anna.open_chat(*guests)
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = ok(await anna.get(f"/chats/{chat}/members", limit=2, **cursor))
        seen += [member["account_id"] for member in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [anna.id, *(guest.id for guest in guests)]
    wrong_pages: list[dict[str, Any]] = [
        {"limit": 201},
        {"limit": 0},
        {"cursor": "x"},
        {"cursor": encode_cursor(2**63)},
    ]
    for wrong in wrong_pages:
        problem(await anna.get(f"/chats/{chat}/members", **wrong), 422, "validation_error")


async def test_adding_a_member_again_changes_nothing(anna: FakeClient, boris: FakeClient, club: str) -> None:
    before = await anna.events(club)
    again = await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id], "role": "reader"})
    assert again.status_code == 200
    assert [(each["account_id"], each["role"]) for each in again.json()["items"]] == [(boris.id, "member")]
    assert await anna.events(club) == before
    assert len(await boris.own_events()) == 1


async def test_an_account_added_ten_times_at_once_joins_once(anna: FakeClient, clara: FakeClient, club: str) -> None:
    body = {"account_ids": [clara.id]}
    answers = await asyncio.gather(*(anna.post(f"/chats/{club}/members", body) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert ok(await clara.get(f"/chats/{club}"))["member_count"] == 3
    assert len(await clara.own_events()) == 1


async def test_only_owner_and_admins_add_members(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, stranger: FakeClient, club: str
) -> None:
    body: dict[str, Any] = {"account_ids": [clara.id]}
    problem(await boris.post(f"/chats/{club}/members", body), 403, "forbidden")
    problem(await stranger.post(f"/chats/{club}/members", body), 404, "not_found")
    ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "admin"}))
    problem(await boris.post(f"/chats/{club}/members", body | {"role": "admin"}), 403, "forbidden")
    ok(await boris.post(f"/chats/{club}/members", body | {"role": "reader"}))
    assert await _roles(clara, club) == {anna.id: "owner", boris.id: "admin", clara.id: "reader"}


async def test_one_account_that_cannot_be_added_prevents_adding_the_others(
    anna: FakeClient, clara: FakeClient, club: str
) -> None:
    bodies: list[dict[str, Any]] = [
        {"account_ids": [clara.id, str(uuid4())]},
        {"account_ids": []},
        {"account_ids": [str(uuid4()) for _ in range(201)]},
        {"account_ids": ["nonsense"]},
        {"account_ids": [clara.id], "role": "owner"},
        {"account_ids": [clara.id], "role": "king"},
        {"account_ids": [clara.id], "more": 1},
        {},
    ]
    for wrong in bodies:
        problem(await anna.post(f"/chats/{club}/members", wrong), 422, "validation_error")
    problem(await clara.get(f"/chats/{club}"), 404, "not_found")
    assert await clara.own_events() == []


async def test_the_id_of_a_chat_in_place_of_an_account_is_not_locked(
    anna: FakeClient, boris: FakeClient, club: str, sql: Connection
) -> None:
    other = await boris.open_chat(title="Чужой чат")
    async with sql.transaction():
        await sql.execute("SELECT id FROM stream WHERE id = $1 FOR UPDATE", other)
        problem(await anna.post(f"/chats/{club}/members", {"account_ids": [other]}), 422, "validation_error")
        problem(await anna.delete(f"/chats/{club}/members/{other}"), 404, "not_found")


async def test_a_chat_is_not_found_after_leaving_it(anna: FakeClient, boris: FakeClient, club: str) -> None:
    message = await boris.send(club)
    assert (await boris.delete(f"/chats/{club}/members/{boris.id}")).status_code == 204
    for path in ("", "/members", "/messages", "/messages/1", "/events"):
        problem(await boris.get(f"/chats/{club}{path}"), 404, "not_found")
    retry = {"text": message["text"], "client_msg_id": message["client_msg_id"]}
    problem(await boris.post(f"/chats/{club}/messages", retry), 404, "not_found")
    problem(await boris.delete(f"/chats/{club}/members/{boris.id}"), 404, "not_found")
    removed = (await anna.events(club))[-1]
    assert removed["kind"] == "member.removed"
    assert removed["data"] == {"chat_id": club, "account_id": boris.id, "actor_id": boris.id, "reason": "left"}
    left = (await boris.own_events())[-1]
    assert left["kind"] == "chat.left"
    assert left["data"] == {"chat_id": club, "reason": "left", "event_seq": removed["seq"]}
    assert ok(await anna.get(f"/chats/{club}"))["member_count"] == 1


async def test_a_member_who_returns_sees_the_whole_history(anna: FakeClient, boris: FakeClient, club: str) -> None:
    await boris.send(club, "до ухода")
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    await anna.send(club, "без Бориса")
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
    chat = ok(await boris.get(f"/chats/{club}"))
    assert (chat["last_seq"], chat["read_seq"], chat["unread_count"]) == (2, 2, 0)
    history = ok(await boris.get(f"/chats/{club}/messages"))["items"]
    assert [message["text"] for message in history] == ["до ухода", "без Бориса"]
    assert (await boris.events(club))[0]["seq"] == 1
    await anna.send(club, "с возвращением")
    assert ok(await boris.get(f"/chats/{club}"))["unread_count"] == 1
