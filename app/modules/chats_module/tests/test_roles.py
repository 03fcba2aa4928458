"""What each role may do, and who may change roles."""

from uuid import uuid4

import httpx
import pytest

from tests.fakers import FakeClient, ok, problem

ROLES = ("owner", "admin", "member", "reader")


@pytest.fixture
async def users(server: httpx.AsyncClient) -> dict[str, FakeClient]:
    """A user of each role, and two more users to act upon."""
    return {name: await FakeClient.sign_up(server, name) for name in (*ROLES, "other", "boss")}


async def _open(users: dict[str, FakeClient], chat_type: str) -> str:
    chat = await users["owner"].open_chat(users["member"], users["other"], type=chat_type)
    for role, names in (("admin", ("admin", "boss")), ("reader", ("reader",))):
        body = {"account_ids": [users[name].id for name in names], "role": role}
        ok(await users["owner"].post(f"/chats/{chat}/members", body))
    return chat


@pytest.mark.parametrize(("chat_type", "posters"), [("group", ROLES[:3]), ("channel", ROLES[:2])])
async def test_roles_that_may_post(users: dict[str, FakeClient], chat_type: str, posters: tuple[str, ...]) -> None:
    chat = await _open(users, chat_type)
    for role in ROLES:
        response = await users[role].post(f"/chats/{chat}/messages", {"text": "Можно?"})
        if role in posters:
            ok(response)
        else:
            problem(response, 403, "forbidden")
    assert ok(await users["reader"].get(f"/chats/{chat}/messages"))["items"][-1]["seq"] == len(posters)
    ok(await users["reader"].put(f"/chats/{chat}/read", {"seq": 1}))
    ok(await users["member"].put(f"/chats/{chat}/messages/1/reactions/👍"))
    problem(await users["reader"].put(f"/chats/{chat}/messages/1/reactions/👍"), 403, "forbidden")


async def test_a_member_who_became_a_reader_gets_the_answer_to_a_repeated_earlier_send(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    message = await boris.send(club, "успел")
    ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "reader"}))
    body = {"text": "успел", "client_msg_id": message["client_msg_id"]}
    assert ok(await boris.post(f"/chats/{club}/messages", body)) == message
    problem(await boris.post(f"/chats/{club}/messages", {"text": "ещё"}), 403, "forbidden")


async def test_roles_are_changed_by_higher_roles_only(users: dict[str, FakeClient]) -> None:
    chat = await _open(users, "group")

    async def change(actor: str, target: str, role: str) -> httpx.Response:
        return await users[actor].patch(f"/chats/{chat}/members/{users[target].id}", {"role": role})

    for actor in ("member", "reader"):
        problem(await change(actor, "other", "reader"), 403, "forbidden")
    assert ok(await change("admin", "other", "reader"))["role"] == "reader"
    assert ok(await change("admin", "other", "member"))["role"] == "member"
    for target, role in (("other", "admin"), ("other", "owner"), ("boss", "member"), ("owner", "member")):
        problem(await change("admin", target, role), 403, "forbidden")
    assert ok(await change("owner", "other", "admin"))["role"] == "admin"
    assert ok(await change("owner", "other", "reader"))["role"] == "reader"
    problem(await change("owner", "owner", "admin"), 409, "conflict")
    events = [event for event in await users["member"].events(chat) if event["kind"] == "member.changed"]
    assert [event["data"]["role"] for event in events] == ["reader", "member", "admin", "reader"]
    assert {event["data"]["account_id"] for event in events} == {users["other"].id}
    # The same role again writes no event.
    ok(await change("owner", "other", "reader"))
    assert len([e for e in await users["member"].events(chat) if e["kind"] == "member.changed"]) == 4


async def test_members_are_removed_by_higher_roles_only(users: dict[str, FakeClient], stranger: FakeClient) -> None:
    chat = await _open(users, "group")

    async def remove(actor: FakeClient, target: str) -> httpx.Response:
        return await actor.delete(f"/chats/{chat}/members/{users[target].id}")

    problem(await remove(stranger, "other"), 404, "not_found")
    for actor in ("member", "reader"):
        problem(await remove(users[actor], "other"), 403, "forbidden")
    for target in ("owner", "boss"):
        problem(await remove(users["admin"], target), 403, "forbidden")
    assert (await remove(users["admin"], "other")).status_code == 204
    problem(await remove(users["admin"], "other"), 404, "not_found")
    assert (await remove(users["owner"], "boss")).status_code == 204
    assert (await remove(users["reader"], "reader")).status_code == 204
    assert ok(await users["owner"].get(f"/chats/{chat}"))["member_count"] == 3
    payload = (await users["boss"].own_events())[-1]["data"]
    assert payload["reason"] == "removed"


async def test_the_owner_leaves_after_transferring_the_ownership(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    problem(await anna.delete(f"/chats/{club}/members/{anna.id}"), 409, "conflict")
    assert ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "owner"}))["role"] == "owner"
    chat = ok(await anna.get(f"/chats/{club}"))
    assert (chat["owner_id"], chat["role"]) == (boris.id, "admin")
    problem(await anna.delete(f"/chats/{club}"), 403, "forbidden")
    kinds = [event["kind"] for event in await anna.events(club)][-3:]
    assert kinds == ["member.changed", "member.changed", "chat.updated"]
    assert (await anna.events(club))[-1]["data"]["owner_id"] == boris.id
    assert (await anna.delete(f"/chats/{club}/members/{anna.id}")).status_code == 204
    ok(await boris.delete(f"/chats/{club}"))


async def test_the_members_of_a_direct_chat_cannot_be_changed(
    anna: FakeClient, boris: FakeClient, clara: FakeClient
) -> None:
    chat = await anna.open_chat(boris, type="direct")
    problem(await anna.post(f"/chats/{chat}/members", {"account_ids": [clara.id]}), 409, "conflict")
    for target in (anna, boris):
        problem(await anna.delete(f"/chats/{chat}/members/{target.id}"), 409, "conflict")
        problem(await anna.patch(f"/chats/{chat}/members/{target.id}", {"role": "admin"}), 409, "conflict")
    problem(await clara.delete(f"/chats/{chat}/members/{anna.id}"), 404, "not_found")


async def test_invalid_members_and_roles_are_refused(anna: FakeClient, boris: FakeClient, club: str) -> None:
    problem(await anna.patch(f"/chats/{club}/members/{uuid4()}", {"role": "admin"}), 404, "not_found")
    problem(await anna.delete(f"/chats/{club}/members/{uuid4()}"), 404, "not_found")
    for wrong in ({"role": "king"}, {"role": None}, {}, {"role": "admin", "more": 1}):
        problem(await anna.patch(f"/chats/{club}/members/{boris.id}", wrong), 422, "validation_error")
    problem(await anna.patch(f"/chats/{club}/members/nonsense", {"role": "admin"}), 422, "validation_error")
