"""The event log: numbered without gaps, and consistent with the state."""

import asyncio
import random
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from pydantic import BaseModel

from app.adapters.db.connection import Connection
from app.modules.streams_module.services.log import truncate
from app.utils.json_form import to_json
from tests.busy import when_not_busy
from tests.fakers import FakeClient, as_sent, ok, problem


async def _read_all(user: FakeClient, address: str) -> list[dict[str, Any]]:
    """Reads a whole stream, a few events at a time."""
    events: list[dict[str, Any]] = []
    while True:
        page = ok(await user.get(address, after=len(events), limit=7))
        events += page["items"]
        if not page["items"]:
            assert page["last_seq"] == len(events)
            return events


async def _do_something(user: FakeClient, users: list[FakeClient], chat: str, choice: random.Random) -> None:
    other = choice.choice(users).id
    seq = choice.randint(1, 20)
    calls: list[tuple[str, str, Any]] = [
        ("POST", "/messages", {"text": f"текст {choice.random()}"}),
        ("POST", "/messages", {"text": "ответ", "reply_to_seq": seq}),
        ("PATCH", f"/messages/{seq}", {"text": f"правка {choice.random()}"}),
        ("DELETE", f"/messages/{seq}", None),
        ("PUT", f"/messages/{seq}/reactions/👍", None),
        ("DELETE", f"/messages/{seq}/reactions/👍", None),
        ("PUT", "/read", {"seq": seq}),
        ("PATCH", "", {"title": f"Клуб {choice.random()}"}),
        ("POST", "/members", {"account_ids": [other]}),
        ("DELETE", f"/members/{other}", None),
        ("PATCH", f"/members/{other}", {"role": choice.choice(["admin", "member", "reader", "owner"])}),
    ]
    method, path, body = choice.choice(calls)
    response = await when_not_busy(lambda: user.call(method, f"/chats/{chat}{path}", body))
    assert response.status_code < 500, response.text


async def test_concurrent_changes_leave_no_gap_in_any_stream(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, stranger: FakeClient
) -> None:
    users = [anna, boris, clara, stranger]
    chat = await anna.open_chat(boris, clara)
    choice = random.Random(7)  # noqa: S311 - the same choices at each run
    for _ in range(12):
        await asyncio.gather(*(_do_something(choice.choice(users), users[1:], chat, choice) for _ in range(10)))
    seen_by: list[FakeClient] = []
    for user in users:
        own = await _read_all(user, "/accounts/me/events")
        assert [event["seq"] for event in own] == list(range(1, len(own) + 1))
        assert {event["stream_id"] for event in own} <= {user.id}
        assert ok(await user.get("/accounts/me"))["event_seq"] == len(own)
        is_in = [event["kind"] for event in own if event["kind"] in ("chat.joined", "chat.left")][-1:] == [
            "chat.joined"
        ]
        assert (await user.get(f"/chats/{chat}")).is_success == is_in
        seen_by += [user] if is_in else []
    for user in seen_by:
        events = await _read_all(user, f"/chats/{chat}/events")
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        state = ok(await user.get(f"/chats/{chat}"))
        assert state["event_seq"] == len(events)
        created = [event["data"]["seq"] for event in events if event["kind"] == "message.created"]
        assert created == list(range(1, state["last_seq"] + 1))
        members = ok(await user.get(f"/chats/{chat}/members"))["items"]
        assert state["member_count"] == len(members)
        assert _replay_members(events) == {member["account_id"]: member["role"] for member in members}
        history = ok(await user.get(f"/chats/{chat}/messages", limit=200))["items"]
        assert _replay_messages(events) == {message["seq"]: message["text"] for message in history}
    assert anna in seen_by


def _replay_members(events: list[dict[str, Any]]) -> dict[str, str]:
    """Computes the members and roles from the events alone."""
    members: dict[str, str] = {}
    for event in events:
        if event["kind"] in ("member.added", "member.changed"):
            members[event["data"]["account_id"]] = event["data"]["role"]
        elif event["kind"] == "member.removed":
            del members[event["data"]["account_id"]]
    return members


def _replay_messages(events: list[dict[str, Any]]) -> dict[int, str]:
    """Computes the messages from the events alone."""
    return {event["data"]["seq"]: event["data"]["text"] for event in events if event["kind"].startswith("message.")}


async def test_a_message_event_contains_the_message(anna: FakeClient, boris: FakeClient, club: str) -> None:
    address = f"/chats/{club}/messages/1"

    async def check(kind: str) -> None:
        message = ok(await boris.get(address))
        for reaction in message["reactions"]:
            del reaction["mine"]
        event = (await boris.events(club))[-1]
        assert (event["kind"], event["data"]) == (kind, as_sent(message))
        assert set(event) == {"stream_id", "seq", "kind", "data", "at"}
        assert event["stream_id"] == club
        assert event["at"].endswith("Z")

    await anna.send(club, 'Кавычки " и \\ черта, 👋\n')
    await check("message.created")
    for user in (anna, boris):
        ok(await user.put(f"{address}/reactions/👍"))
    ok(await anna.patch(address, {"text": "Иначе"}))
    await check("message.edited")
    ok(await anna.delete(address))
    await check("message.deleted")


async def test_pages_encoded_by_the_database_and_the_server_are_equal(
    anna: FakeClient, boris: FakeClient, club: str, sql: Connection
) -> None:
    """The server encodes the pages that contain the removal of a member. The database encodes all others."""
    for text in ("Привет 👋", 'quotes " and \\ slashes', "line\nend \u2028"):
        await anna.send(club, text)
    await sql.execute("UPDATE event SET at = date_trunc('second', at) WHERE stream_id = $1 AND seq < 4", UUID(club))
    address = f"/chats/{club}/events"
    by_database = (await anna.get(address)).text
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    by_server = (await anna.get(address)).text
    assert by_server.startswith(by_database[: by_database.rindex("]")])


async def test_a_refused_change_leaves_no_event(anna: FakeClient, boris: FakeClient, stranger: FakeClient) -> None:
    chat = await anna.open_chat(boris, type="channel")
    await anna.send(chat)
    before = await anna.events(chat), await anna.own_events(), await boris.own_events(), await stranger.own_events()
    for user, method, path, body, status in (
        (boris, "POST", "/messages", {"text": "x"}, 403),
        (boris, "PATCH", "/messages/1", {"text": "x"}, 403),
        (boris, "DELETE", "/messages/1", None, 403),
        (boris, "PATCH", "", {"title": "x"}, 403),
        (boris, "DELETE", "", None, 403),
        (boris, "POST", "/members", {"account_ids": [stranger.id]}, 403),
        (boris, "DELETE", f"/members/{anna.id}", None, 403),
        (boris, "PUT", "/read", {"seq": 2}, 422),
        (anna, "DELETE", f"/members/{anna.id}", None, 409),
        (anna, "PATCH", f"/members/{anna.id}", {"role": "member"}, 409),
        (anna, "POST", "/messages", {"text": "x", "reply_to_seq": 2}, 422),
        (stranger, "PUT", "/messages/1/reactions/👍", None, 404),
    ):
        assert (await user.call(method, f"/chats/{chat}{path}", body)).status_code == status
    after = await anna.events(chat), await anna.own_events(), await boris.own_events(), await stranger.own_events()
    assert after == before


async def test_a_cursor_beyond_the_head_is_a_gap(anna: FakeClient, club: str) -> None:
    head = ok(await anna.get(f"/chats/{club}"))["event_seq"]
    page = ok(await anna.get(f"/chats/{club}/events", after=head))
    assert page == {"items": [], "last_seq": head}
    for after in (head + 1, 2**63 - 2):
        gap = problem(await anna.get(f"/chats/{club}/events", after=after), 410, "stream_gap")
        assert (gap["first_seq"], gap["last_seq"]) == (1, head)
        gap = problem(await anna.get("/accounts/me/events", after=after + 1), 410, "stream_gap")
        # The sign-in, and the chat.
        assert (gap["first_seq"], gap["last_seq"]) == (1, 2)


async def test_a_cursor_before_the_first_stored_event_is_a_gap(anna: FakeClient, club: str, sql: Connection) -> None:
    for number in range(5):
        await anna.send(club, str(number))
    assert await truncate(sql, UUID(club), keep=3, limit=100)
    for after in (0, 3):
        gap = problem(await anna.get(f"/chats/{club}/events", after=after), 410, "stream_gap")
        assert (gap["first_seq"], gap["last_seq"]) == (5, 7)
    assert [event["seq"] for event in await anna.events(club, after=4)] == [5, 6, 7]


async def test_invalid_cursors_and_limits_are_refused(anna: FakeClient, stranger: FakeClient, club: str) -> None:
    for address in (f"/chats/{club}/events", "/accounts/me/events"):
        for wrong in ({"after": -1}, {"after": 2**63}, {"after": "x"}, {"limit": 0}, {"limit": 201}, {"limit": -1}):
            problem(await anna.get(address, **wrong), 422, "validation_error")
    problem(await stranger.get(f"/chats/{club}/events"), 404, "not_found")


async def test_events_and_state_are_committed_together_or_rolled_back(
    anna: FakeClient, club: str, sql: Connection
) -> None:
    """The last statement of a change fails: the earlier ones are rolled back, and the number is used again."""
    await anna.send(club, "первое")
    await sql.execute("ALTER TABLE message ADD CONSTRAINT no_edits CHECK (edited_at IS NULL)")
    assert (await anna.patch(f"/chats/{club}/messages/1", {"text": "второе"})).status_code == 409
    await sql.execute("ALTER TABLE message DROP CONSTRAINT no_edits")
    assert ok(await anna.get(f"/chats/{club}/messages/1"))["text"] == "первое"
    assert [event["kind"] for event in await anna.events(club)][-1] == "message.created"
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "второе"}))
    events = await anna.events(club)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


class Place(BaseModel):
    name: str
    seen_at: datetime


def test_models_in_an_event_are_written_as_json_and_what_has_no_json_is_refused() -> None:
    place = Place(name="Сочи", seen_at=datetime(2026, 11, 30, tzinfo=UTC))
    shown = {"name": "Сочи", "seen_at": "2026-11-30T00:00:00Z"}
    written = orjson.loads(to_json({"place": place, "others": [place], "tags": {"sea"}}))
    assert written == {"place": shown, "others": [shown], "tags": ["sea"]}
    with pytest.raises(TypeError):
        to_json({"place": object()})
