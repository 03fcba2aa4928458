"""Creating chats: retries and concurrent requests create one chat."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from app.adapters.db.connection import Connection
from app.modules.accounts_module.tests.erasing import erase
from app.resources.constants import MAX_CHAT_BYTES
from app.utils.container import Container
from tests.fakers import API, FakeClient, ok, problem


@pytest.mark.parametrize("chat_type", ["group", "channel"])
async def test_the_creator_of_a_chat_is_its_owner(anna: FakeClient, boris: FakeClient, chat_type: str) -> None:
    body = {"type": chat_type, "title": "  Книжный клуб 📚 ", "description": "По четвергам", "member_ids": [boris.id]}
    response = await anna.post("/chats", body)
    assert response.status_code == 201
    chat = response.json()
    assert chat.pop("id")
    assert chat.pop("created_at").endswith("Z")
    assert chat.pop("updated_at").endswith("Z")
    expected = {
        "type": chat_type,
        "title": "Книжный клуб 📚",
        "description": "По четвергам",
        "owner_id": anna.id,
        "role": "owner",
        "member_count": 2,
        "last_seq": 0,
        "read_seq": 0,
        "others_read_seq": 0,
        "unread_count": 0,
        "event_seq": 2,
        "last_message": None,
    }
    # Other modules add fields of their own.
    assert {name: chat[name] for name in expected} == expected
    seen_by_boris = ok(await boris.get(f"/chats/{response.json()['id']}"))
    assert seen_by_boris == response.json() | {"role": "member"}


async def test_added_members_appear_in_the_chat_stream_and_their_account_streams(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    joined = await anna.events(club)
    assert [(event["seq"], event["kind"]) for event in joined] == [(1, "member.added"), (2, "member.added")]
    assert [event["data"] for event in joined] == [
        {"chat_id": club, "account_id": anna.id, "role": "owner", "actor_id": anna.id},
        {"chat_id": club, "account_id": boris.id, "role": "member", "actor_id": anna.id},
    ]
    (event,) = await boris.own_events()
    # The first event is the sign-in.
    assert (event["seq"], event["kind"], event["stream_id"]) == (2, "chat.joined", boris.id)
    assert event["data"] == {"chat_id": club, "role": "member", "event_seq": 2}


async def test_creating_a_chat_with_the_same_id_returns_the_existing_chat(anna: FakeClient, boris: FakeClient) -> None:
    body: dict[str, Any] = {"id": str(uuid4()), "type": "group", "title": "Клуб"}
    first = await anna.post("/chats", body)
    again = await anna.post("/chats", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert first.json()["id"] == body["id"]
    problem(await boris.post("/chats", body), 409, "conflict")
    problem(await anna.post("/chats", body | {"type": "channel"}), 409, "conflict")
    problem(await anna.post("/chats", body | {"id": boris.id}), 409, "conflict")
    assert len(await anna.own_events()) == 1


async def test_a_chat_that_its_creator_has_left_is_not_returned_again(
    anna: FakeClient, boris: FakeClient, app: FastAPI
) -> None:
    body = {"id": str(uuid4()), "type": "group", "member_ids": [boris.id]}
    members = f"/chats/{ok(await anna.post('/chats', body))['id']}/members"
    ok(await anna.patch(f"{members}/{boris.id}", {"role": "owner"}))
    ok(await anna.delete(f"{members}/{anna.id}"))
    problem(await anna.post("/chats", body), 404, "not_found")
    assert "404" in app.openapi()["paths"][f"{API}/chats"]["post"]["responses"]


@pytest.mark.usefixtures("erasing_at_once")
async def test_a_chat_is_returned_again_after_an_invited_account_was_erased(
    anna: FakeClient, boris: FakeClient, container: Container, connection: Connection
) -> None:
    group = {"id": str(uuid4()), "type": "group", "member_ids": [boris.id]}
    direct = {"type": "direct", "member_ids": [boris.id]}
    created = [(await anna.post("/chats", body)).json()["id"] for body in (group, direct)]
    await erase(container, connection, boris)
    repeated = [await anna.post("/chats", body) for body in (group, direct)]
    assert [(answer.status_code, answer.json().get("id")) for answer in repeated] == [(200, each) for each in created]


async def test_ten_concurrent_requests_with_one_id_create_one_chat(anna: FakeClient, boris: FakeClient) -> None:
    body = {"id": str(uuid4()), "type": "group", "member_ids": [boris.id]}
    answers = await asyncio.gather(*(anna.post("/chats", body) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert len(await boris.own_events()) == 1


async def test_two_accounts_have_one_direct_chat_created_by_either(
    anna: FakeClient, boris: FakeClient, stranger: FakeClient
) -> None:
    first = await anna.post("/chats", {"type": "direct", "member_ids": [boris.id]})
    again = await boris.post("/chats", {"type": "direct", "member_ids": [anna.id], "id": str(uuid4())})
    assert (first.status_code, again.status_code) == (201, 200)
    chat = first.json()
    assert again.json()["id"] == chat["id"]
    assert (chat["owner_id"], chat["role"], chat["member_count"]) == (None, "member", 2)
    assert again.json()["role"] == "member"
    await anna.send(chat["id"])
    await boris.send(chat["id"])
    problem(await stranger.get(f"/chats/{chat['id']}"), 404, "not_found")


async def test_two_users_who_open_a_direct_chat_at_once_get_the_same_chat(anna: FakeClient, boris: FakeClient) -> None:
    pairs = [(anna, boris), (boris, anna)] * 5
    answers = await asyncio.gather(
        *(user.post("/chats", {"type": "direct", "member_ids": [peer.id]}) for user, peer in pairs)
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_direct_chat_requires_exactly_one_other_account(
    anna: FakeClient, boris: FakeClient, clara: FakeClient
) -> None:
    for member_ids in ([], [anna.id], [boris.id, clara.id]):
        refusal = problem(
            await anna.post("/chats", {"type": "direct", "member_ids": member_ids}), 422, "validation_error"
        )
        assert refusal["errors"][0]["loc"] == ["body", "member_ids"]
    twice = {"type": "direct", "member_ids": [anna.id, boris.id, boris.id]}
    assert ok(await anna.post("/chats", twice))["member_count"] == 2
    for settings in ({"title": "Мы"}, {"description": "Мы"}):
        body = {"type": "direct", "member_ids": [boris.id], **settings}
        problem(await anna.post("/chats", body), 422, "validation_error")


async def test_invalid_chats_are_refused(anna: FakeClient, boris: FakeClient) -> None:
    wrong: list[Any] = [
        {},
        [],
        {"type": "secret"},
        {"type": "group", "title": ""},
        {"type": "group", "title": " \n "},
        {"type": "group", "title": "x" * 129},
        {"type": "group", "title": "a\x00b"},
        {"type": "group", "description": "x" * 1001},
        {"type": "group", "id": "nonsense"},
        {"type": "group", "id": 7},
        {"type": "group", "id": str(UUID(int=0))},
        {"type": "group", "owner_id": boris.id},
        {"type": "group", "member_ids": ["nonsense"]},
        {"type": "group", "member_ids": boris.id},
        {"type": "group", "member_ids": [str(uuid4()) for _ in range(201)]},
        {"type": "group", "member_ids": [str(uuid4())]},
        {"type": "direct", "member_ids": [str(uuid4())]},
    ]
    for body in wrong:
        problem(await anna.post("/chats", body), 422, "validation_error")
    problem(await anna.post("/chats", {"type": "group", "title": "x" * MAX_CHAT_BYTES}), 413, "payload_too_large")
    assert ok(await anna.get("/chats"))["items"] == []
    assert await anna.own_events() == []
