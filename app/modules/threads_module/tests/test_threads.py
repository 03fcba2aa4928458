"""Threads: replies to one message."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from app.modules.threads_module.db.invariants import INVARIANTS
from app.modules.threads_module.tests.calls import follow, followed, read, replies, reply, thread
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, FakeSocket, as_sent, eventually, ok, problem


async def test_a_root_shows_how_it_was_answered(anna: FakeClient, boris: FakeClient, club: str) -> None:
    await anna.send(club, "Кто идёт?")
    assert await thread(anna, club) is None
    sent = [await reply(boris, club, text="Я"), await reply(anna, club), await reply(boris, club, text="🎬")]
    assert [message["root_seq"] for message in sent] == [1, 1, 1]
    shown = {"reply_count": 3, "last_seq": 4, "participants": [boris.id, anna.id]}
    assert await thread(boris, club) == shown
    history = ok(await anna.get(f"/chats/{club}/messages"))["items"]
    assert [message["thread"] for message in history] == [shown, None, None, None]
    assert [message["root_seq"] for message in history] == [None, 1, 1, 1]
    page = await replies(anna, club)
    assert page == {"items": history[1:], "has_before": False, "has_after": False}
    assert [as_sent(message) for message in page["items"]] == sent


@pytest.mark.parametrize(
    ("position", "numbers"),
    [({}, [3, 4, 5]), ({"before_seq": 5}, [2, 3, 4]), ({"after_seq": 1}, [2, 3, 4]), ({"around_seq": 2}, [1, 2, 3])],
)
async def test_each_page_of_the_history_shows_the_threads_of_its_messages(
    anna: FakeClient, club: str, position: dict[str, int], numbers: list[int]
) -> None:
    for _ in range(3):
        await anna.send(club)
    await reply(anna, club, 1)
    await reply(anna, club, 3)
    page = ok(await anna.get(f"/chats/{club}/messages", limit=3, **position))["items"]
    assert [message["seq"] for message in page] == numbers
    assert [message["thread"] is not None for message in page] == [seq in (1, 3) for seq in numbers]
    other = await anna.open_chat()
    await anna.send(other)
    assert [message["thread"] for message in ok(await anna.get(f"/chats/{other}/messages"))["items"]] == [None]


async def test_replies_are_read_page_by_page(anna: FakeClient, club: str) -> None:
    await anna.send(club)
    await anna.send(club)
    for number in range(6):
        await reply(anna, club, 1 + number % 2)
    for position, seqs, sides in (
        ({"limit": 2}, [5, 7], (True, False)),
        ({"before_seq": 5}, [3], (False, True)),
        ({"after_seq": 3, "limit": 1}, [5], (True, True)),
        ({"after_seq": 0}, [3, 5, 7], (False, False)),
        ({"after_seq": 7}, [], (True, False)),
        ({"before_seq": 3}, [], (False, True)),
        ({"after_seq": 2**63 - 1}, [], (True, False)),
        ({"before_seq": 2**63 - 1, "limit": 1}, [7], (True, False)),
    ):
        page = await replies(anna, club, 1, **position)
        assert [message["seq"] for message in page["items"]] == seqs, position
        assert (page["has_before"], page["has_after"]) == sides, position
    both = await anna.get(f"/chats/{club}/threads/1/messages", before_seq=3, after_seq=1)
    problem(both, 422, "validation_error")


async def test_a_root_must_be_a_message_of_the_chat_that_is_no_reply(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    other = await anna.open_chat(boris)
    for _ in range(3):
        await anna.send(other)
    await anna.send(club)
    await reply(anna, club)
    for root_seq in (0, 3, 2**62):
        error = problem(
            await anna.post(f"/chats/{club}/messages", {"text": "?", "root_seq": root_seq}), 422, "validation_error"
        )
        assert error["errors"][0]["loc"] == ["body", "root_seq"]
    for wrong in (-1, "1", 1.5, True):
        answer = await anna.post(f"/chats/{club}/messages", {"text": "?", "root_seq": wrong})
        problem(answer, 422, "validation_error")
    problem(await anna.post(f"/chats/{club}/messages", {"text": "?", "root_seq": 2}), 409, "root_is_reply")
    ok(await anna.delete(f"/chats/{club}/messages/2"))
    problem(await anna.post(f"/chats/{club}/messages", {"text": "?", "root_seq": 2}), 409, "root_is_reply")
    problem(await anna.get(f"/chats/{club}/threads/2/messages"), 409, "root_is_reply")
    problem(await anna.get(f"/chats/{club}/threads/3/messages"), 404, "not_found")
    assert (await anna.send(club, root_seq=None))["root_seq"] is None
    assert (await replies(anna, other, 1))["items"] == []


async def test_a_deleted_root_keeps_its_thread(anna: FakeClient, boris: FakeClient, club: str) -> None:
    await anna.send(club, "Тема")
    await anna.send(club, "Без ответов")
    await reply(boris, club)
    for seq in (1, 2):
        ok(await anna.delete(f"/chats/{club}/messages/{seq}"))
    await reply(boris, club)
    assert await thread(anna, club) == {"reply_count": 2, "last_seq": 4, "participants": [boris.id]}
    assert [message["seq"] for message in (await replies(anna, club))["items"]] == [3, 4]
    (item,) = ok(await boris.get("/threads"))["items"]
    assert (item["root"]["seq"], item["root"]["text"]) == (1, "")
    problem(await anna.post(f"/chats/{club}/messages", {"text": "?", "root_seq": 2}), 409, "conflict")
    problem(await follow(anna, club, 2), 409, "conflict")


async def test_a_deleted_reply_is_counted_nowhere(anna: FakeClient, boris: FakeClient, club: str) -> None:
    await anna.send(club)
    for user in (boris, anna, boris):
        await reply(user, club)
    await read(anna, club, 1)
    ok(await boris.delete(f"/chats/{club}/messages/4"))
    assert await thread(anna, club) == {"reply_count": 2, "last_seq": 3, "participants": [boris.id, anna.id]}
    assert await followed(anna) == [(1, 3, 0)]
    ok(await boris.delete(f"/chats/{club}/messages/2"))
    assert await thread(anna, club) == {"reply_count": 1, "last_seq": 3, "participants": [anna.id]}
    ok(await anna.delete(f"/chats/{club}/messages/3"))
    assert await thread(anna, club) is None
    assert await followed(anna) == []
    assert (await replies(anna, club))["items"] == []
    # Events name the root of a deleted reply, so that clients can count.
    deleted = [event["data"] for event in await anna.events(club) if event["kind"] == "message.deleted"]
    assert [(data["seq"], data["root_seq"]) for data in deleted] == [(4, 1), (2, 1), (3, 1)]
    assert ok(await anna.get(f"/chats/{club}/messages/3"))["root_seq"] == 1


async def test_clients_count_replies_by_events(anna: FakeClient, boris: FakeClient, club: str) -> None:
    await anna.send(club)
    for user in (boris, anna, boris, boris):
        await reply(user, club)
    ok(await boris.delete(f"/chats/{club}/messages/5"))
    there: dict[int, str] = {}
    for event in await boris.events(club):
        if event["data"].get("root_seq") == 1:
            if event["kind"] == "message.created":
                there[event["data"]["seq"]] = event["data"]["sender_id"]
            elif event["kind"] == "message.deleted":
                del there[event["data"]["seq"]]
    assert await thread(anna, club) == {
        "reply_count": len(there),
        "last_seq": max(there),
        "participants": list(dict.fromkeys(there.values())),
    }


async def test_a_reply_comes_over_the_socket_and_is_stored_once(
    anna: FakeClient, boris: FakeClient, club: str, live_server: str
) -> None:
    await anna.send(club)
    async with FakeSocket(boris, live_server) as socket:
        body: dict[str, Any] = {"chat_id": club, "text": "Я", "root_seq": 1, "client_msg_id": str(uuid4())}
        answers = [await socket.ask("send", **body) for _ in range(3)]
        assert (await socket.begin("send", chat_id=club, text="?", root_seq=2))["error"]["code"] == "root_is_reply"
    assert answers[0] == answers[1] == answers[2]
    assert await thread(anna, club) == {"reply_count": 1, "last_seq": 2, "participants": [boris.id]}


async def test_simultaneous_replies_are_all_counted(anna: FakeClient, boris: FakeClient, club: str) -> None:
    for _ in range(3):
        await anna.send(club)
    users = (anna, boris)
    await asyncio.gather(*(reply(users[number % 2], club, 1 + number % 3) for number in range(60)))
    for root_seq in (1, 2, 3):
        summary = await thread(anna, club, root_seq)
        assert summary is not None
        assert (summary["reply_count"], sorted(summary["participants"])) == (20, sorted([anna.id, boris.id]))


@pytest.mark.parametrize("place", [0, 1])
async def test_doctor_counts_again_what_was_deleted_without_the_module(
    anna: FakeClient, boris: FakeClient, club: str, container: Container, place: int
) -> None:
    await anna.send(club)
    for user in (anna, boris):
        await reply(user, club)
    invariant = INVARIANTS[place]
    assert await rows(container, invariant.find) == []
    if place == 0:
        await rows(container, "UPDATE message SET deleted_at = now() WHERE seq = 3")
    else:
        await rows(container, "DELETE FROM thread_reply WHERE seq = 3")
    (found,) = await rows(container, invariant.find)
    for statement in invariant.fix:
        await rows(container, statement, [found["stream_id"]])
    assert [await rows(container, each.find) for each in INVARIANTS] == [[]] * len(INVARIANTS)
    assert await thread(anna, club) == {"reply_count": 1, "last_seq": 2, "participants": [anna.id]}


async def test_a_deleted_chat_leaves_no_threads(anna: FakeClient, club: str, container: Container) -> None:
    await anna.send(club)
    await reply(anna, club)
    ok(await anna.delete(f"/chats/{club}"))
    assert await followed(anna) == []

    async def are_purged() -> bool:
        tables = ("thread", "thread_reply", "thread_participant", "thread_position")
        return not any([await rows(container, f"SELECT FROM {table}") for table in tables])

    await eventually(are_purged)
