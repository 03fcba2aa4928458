"""Editing and deleting messages."""

import asyncio
from typing import Any
from uuid import UUID

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.messages_module.extension import Messages
from app.utils.container import Container
from tests.fakers import FakeClient, as_sent, ok, problem


async def test_an_edit_by_the_sender_is_published_to_all_members(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    sent = await boris.send(club, "првиет")
    edited = ok(await boris.patch(f"/chats/{club}/messages/1", {"text": "привет"}))
    assert as_sent(edited) == sent | {"text": "привет", "edited_at": edited["edited_at"]}
    assert edited["edited_at"] > sent["created_at"]
    assert ok(await anna.get(f"/chats/{club}/messages/1")) == edited
    event = (await anna.events(club))[-1]
    assert (event["kind"], event["data"]) == ("message.edited", as_sent(edited))
    # The same text again changes nothing.
    assert ok(await boris.patch(f"/chats/{club}/messages/1", {"text": "привет"})) == edited
    assert (await anna.events(club))[-1] == event


async def test_an_edit_replaces_the_text_in_the_earlier_events(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str
) -> None:
    await anna.send(club, "мой код 4711")
    before = await boris.events(club)
    for text in ("мой код 0815", "мой код — мой"):
        ok(await anna.patch(f"/chats/{club}/messages/1", {"text": text}))
    await anna.send(club, "другое")
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id]}))
    events = [event for event in await clara.events(club) if event["data"].get("seq") == 1]
    assert [event["kind"] for event in events] == ["message.created", "message.edited", "message.edited"]
    assert {event["data"]["text"] for event in events} == {"мой код — мой"}
    # Everything else in the events is unchanged.
    before[-1]["data"]["text"] = "мой код — мой"
    assert events[0] == before[-1]


async def test_events_of_many_edits_contain_the_newest_text_or_none(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    await anna.send(club, "слово 0")
    for number in range(1, 16):
        ok(await anna.patch(f"/chats/{club}/messages/1", {"text": f"слово {number}"}))
    texts = [event["data"]["text"] for event in (await boris.events(club))[2:]]
    assert texts == ["слово 15", *[""] * 4, *["слово 15"] * 11]
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    assert "слово" not in str(await boris.events(club))


async def test_a_retry_of_the_send_returns_the_edited_message(anna: FakeClient, club: str) -> None:
    sent = await anna.send(club, "первое")
    edited = ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "второе"}))
    retry = {"client_msg_id": sent["client_msg_id"], "text": "первое"}
    response = await anna.post(f"/chats/{club}/messages", retry)
    assert (response.status_code, response.json()) == (200, as_sent(edited))
    assert response.headers["idempotent-replayed"] == "true"
    # The digest is of the first text, not of the current one.
    problem(await anna.post(f"/chats/{club}/messages", retry | {"text": "второе"}), 422, "idempotency_mismatch")


async def test_only_the_sender_edits_a_message(
    anna: FakeClient, boris: FakeClient, stranger: FakeClient, club: str
) -> None:
    await boris.send(club, "моё")
    # Even the owner of the chat may not edit it.
    problem(await anna.patch(f"/chats/{club}/messages/1", {"text": "твоё"}), 403, "forbidden")
    problem(await stranger.patch(f"/chats/{club}/messages/1", {"text": "твоё"}), 404, "not_found")
    problem(await boris.patch(f"/chats/{club}/messages/2", {"text": "где?"}), 404, "not_found")
    for wrong in ({"text": None}, {"text": "x", "seq": 2}, {"text": "x", "reply_to_seq": 1}):
        problem(await boris.patch(f"/chats/{club}/messages/1", wrong), 422, "validation_error")
    assert ok(await anna.get(f"/chats/{club}/messages/1"))["text"] == "моё"
    assert (await anna.events(club))[-1]["kind"] == "message.created"


async def test_sender_and_admins_delete_a_message(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, stranger: FakeClient
) -> None:
    chat = await anna.open_chat(boris, clara)
    ok(await anna.patch(f"/chats/{chat}/members/{clara.id}", {"role": "admin"}))
    for text in ("1", "2", "3"):
        await boris.send(chat, text)
    await anna.send(chat, "4")
    problem(await boris.delete(f"/chats/{chat}/messages/4"), 403, "forbidden")
    problem(await stranger.delete(f"/chats/{chat}/messages/1"), 404, "not_found")
    problem(await boris.delete(f"/chats/{chat}/messages/5"), 404, "not_found")
    for user, seq in ((boris, 1), (anna, 2), (clara, 3), (clara, 4)):
        assert (await user.delete(f"/chats/{chat}/messages/{seq}")).status_code == 204
    history = ok(await boris.get(f"/chats/{chat}/messages"))["items"]
    assert [(message["seq"], message["text"]) for message in history] == [(1, ""), (2, ""), (3, ""), (4, "")]
    direct = await anna.open_chat(boris, type="direct")
    await boris.send(direct)
    problem(await anna.delete(f"/chats/{direct}/messages/1"), 403, "forbidden")


async def test_a_deleted_message_keeps_its_number_and_loses_its_text(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    sent = await anna.send(club, "тайна первая")
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "тайна вторая"}))
    ok(await boris.put(f"/chats/{club}/messages/1/reactions/👍"))
    await boris.send(club, "видел", reply_to_seq=1)
    before = await boris.events(club)
    assert (await anna.delete(f"/chats/{club}/messages/1")).status_code == 204
    tombstone = ok(await boris.get(f"/chats/{club}/messages/1"))
    assert tombstone["deleted_at"] > sent["created_at"]
    assert (tombstone["text"], tombstone["reactions"]) == ("", [])
    assert {name: tombstone[name] for name in ("id", "seq", "sender_id", "client_msg_id", "created_at")} == {
        name: sent[name] for name in ("id", "seq", "sender_id", "client_msg_id", "created_at")
    }
    after = await boris.events(club)
    assert (after[-1]["kind"], after[-1]["data"]) == ("message.deleted", as_sent(tombstone))
    assert "тайна" not in str(after)
    # Numbers, kinds and other fields of the earlier events are unchanged.
    for event in before:
        if event["kind"] in ("message.created", "message.edited") and event["data"]["seq"] == 1:
            event["data"]["text"] = ""
    assert after[:-1] == before
    assert ok(await boris.get(f"/chats/{club}/messages/2"))["reply_to_seq"] == 1


async def test_a_deleted_message_stays_deleted(anna: FakeClient, club: str) -> None:
    sent = await anna.send(club, "было")
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    tombstone = ok(await anna.get(f"/chats/{club}/messages/1"))
    events = await anna.events(club)
    assert (await anna.delete(f"/chats/{club}/messages/1")).status_code == 204
    problem(await anna.patch(f"/chats/{club}/messages/1", {"text": "снова"}), 409, "conflict")
    retry = {"client_msg_id": sent["client_msg_id"], "text": "было"}
    assert ok(await anna.post(f"/chats/{club}/messages", retry)) == as_sent(tombstone)
    assert await anna.events(club) == events
    chat = ok(await anna.get(f"/chats/{club}"))
    assert (chat["last_seq"], chat["last_message"]) == (1, tombstone)
    assert (await anna.send(club, "дальше"))["seq"] == 2


async def test_concurrent_edits_and_a_deletion_leave_no_text_in_events(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    await anna.send(club, "слово 0")
    calls: list[Any] = [anna.patch(f"/chats/{club}/messages/1", {"text": f"слово {n}"}) for n in range(1, 6)]
    calls.insert(3, anna.delete(f"/chats/{club}/messages/1"))
    calls.append(boris.send(club, "рядом"))
    await asyncio.gather(*calls)
    events = await boris.events(club)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert "слово" not in str(events)
    assert ok(await boris.get(f"/chats/{club}/messages/1"))["text"] == ""


async def test_a_message_that_the_server_is_given_twice_is_deleted_once(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    for text in ("раз", "два"):
        await anna.send(club, text)
    async with open_unit_of_work(container.get(Database)) as work:
        await container.get(Messages).erase(work, UUID(club), [2, 1, 2], reason="test")  # type: ignore[type-abstract]
    deleted = [event["data"]["seq"] for event in await boris.events(club) if event["kind"] == "message.deleted"]
    assert deleted == [2, 1]
