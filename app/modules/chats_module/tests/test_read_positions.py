"""Read positions: the member's own, and the furthest of the others."""

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.db.connection import Connection
from app.utils.container import Container
from tests.fakers import FakeClient, ok, problem
from tests.waiting import until_waiting


async def test_a_read_position_only_moves_forward(anna: FakeClient, boris: FakeClient, club: str) -> None:
    for number in range(5):
        await anna.send(club, str(number))
    assert ok(await boris.get(f"/chats/{club}"))["unread_count"] == 5
    assert ok(await boris.put(f"/chats/{club}/read", {"seq": 3})) == {"read_seq": 3, "unread_count": 2}
    for behind in (3, 1, 0):
        assert ok(await boris.put(f"/chats/{club}/read", {"seq": behind})) == {"read_seq": 3, "unread_count": 2}
    assert ok(await boris.put(f"/chats/{club}/read", {"seq": 5})) == {"read_seq": 5, "unread_count": 0}
    moved = [event["data"] for event in await boris.own_events() if event["kind"] == "read.moved"]
    assert moved == [{"chat_id": club, "read_seq": 3}, {"chat_id": club, "read_seq": 5}]
    assert "read.moved" not in [event["kind"] for event in await anna.own_events()]


async def test_a_read_position_beyond_the_last_message_is_refused(
    anna: FakeClient, boris: FakeClient, stranger: FakeClient, club: str
) -> None:
    await anna.send(club)
    refusal = problem(await boris.put(f"/chats/{club}/read", {"seq": 2}), 422, "validation_error")
    assert refusal["errors"][0]["loc"] == ["body", "seq"]
    for wrong in ({"seq": -1}, {"seq": 2**63}, {"seq": True}, {"seq": "1"}, {"seq": 1.0}, {"seq": None}, {}):
        problem(await boris.put(f"/chats/{club}/read", wrong), 422, "validation_error")
    problem(await stranger.put(f"/chats/{club}/read", {"seq": 1}), 404, "not_found")
    assert ok(await boris.get(f"/chats/{club}"))["read_seq"] == 0


async def test_sending_moves_the_senders_read_position_and_writes_no_event(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    await anna.send(club)
    before = len(await boris.own_events())
    await boris.send(club)
    chat = ok(await boris.get(f"/chats/{club}"))
    assert (chat["read_seq"], chat["unread_count"]) == (2, 0)
    assert len(await boris.own_events()) == before


async def test_a_deleted_message_is_not_unread(anna: FakeClient, boris: FakeClient, club: str) -> None:
    for number in range(5):
        await anna.send(club, str(number))
    for seq in (1, 4):
        ok(await anna.delete(f"/chats/{club}/messages/{seq}"))
    assert ok(await boris.get(f"/chats/{club}"))["unread_count"] == 3
    assert [chat["unread_count"] for chat in ok(await boris.get("/chats"))["items"]] == [3]
    assert ok(await boris.put(f"/chats/{club}/read", {"seq": 2})) == {"read_seq": 2, "unread_count": 2}
    for seq in (3, 5, 5):
        ok(await anna.delete(f"/chats/{club}/messages/{seq}"))
    # Deleting a message that was read, or deleting one again, does not change the count.
    ok(await anna.delete(f"/chats/{club}/messages/2"))
    assert ok(await boris.get(f"/chats/{club}"))["unread_count"] == 0
    assert ok(await boris.put(f"/chats/{club}/read", {"seq": 2})) == {"read_seq": 2, "unread_count": 0}


async def test_concurrent_moves_end_at_the_furthest_position(anna: FakeClient, boris: FakeClient, club: str) -> None:
    for number in range(8):
        await anna.send(club, str(number))
    seqs = [3, 8, 1, 5, 7, 2, 6, 4]
    for answer in await asyncio.gather(*(boris.put(f"/chats/{club}/read", {"seq": seq}) for seq in seqs)):
        ok(answer)
    assert ok(await boris.get(f"/chats/{club}"))["read_seq"] == 8
    moved = [event["data"]["read_seq"] for event in await boris.own_events() if event["kind"] == "read.moved"]
    assert moved == sorted(set(moved))
    assert moved[-1] == 8


async def test_a_new_member_starts_at_the_last_message_and_does_not_count_as_having_read(
    anna: FakeClient, clara: FakeClient, club: str
) -> None:
    for number in range(3):
        await anna.send(club, str(number))
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id]}))
    chat = ok(await clara.get(f"/chats/{club}"))
    assert (chat["read_seq"], chat["unread_count"], chat["others_read_seq"]) == (3, 0, 3)
    # Being added is not reading: no message counts as read by the new member.
    assert ok(await anna.get(f"/chats/{club}"))["others_read_seq"] == 0


@pytest.fixture
async def trio(server: httpx.AsyncClient) -> list[FakeClient]:
    return [await FakeClient.sign_up(server, name) for name in ("one", "two", "three")]


steps = st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.integers(0, 6)), max_size=12)


@given(steps=steps)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_others_read_seq_is_the_furthest_position_of_the_others(
    trio: list[FakeClient], steps: list[tuple[int, bool, int]]
) -> None:
    chat = await trio[0].open_chat(*trio[1:])
    model = [0, 0, 0]
    last_seq = 0
    for index, sends, seq in steps:
        if sends:
            last_seq += 1
            await trio[index].send(chat)
            model[index] = last_seq
        else:
            response = await trio[index].put(f"/chats/{chat}/read", {"seq": seq})
            if seq > last_seq:
                problem(response, 422, "validation_error")
            else:
                ok(response)
                model[index] = max(model[index], seq)
    for index, user in enumerate(trio):
        seen: dict[str, Any] = ok(await user.get(f"/chats/{chat}"))
        others = max(position for other, position in enumerate(model) if other != index)
        assert (seen["read_seq"], seen["others_read_seq"]) == (model[index], others)
        assert seen["unread_count"] == last_seq - model[index]


async def test_a_move_to_a_position_that_was_passed_meanwhile_writes_no_event(
    anna: FakeClient, boris: FakeClient, club: str, container: Container, sql: Connection
) -> None:
    await anna.send(club)
    await anna.send(club)
    before = await boris.own_events()
    async with sql.transaction():
        # As sending a message does for Boris.
        await sql.execute("UPDATE chat_member SET read_seq = 2 WHERE account_id = $1", boris.uuid)
        reading = asyncio.create_task(boris.put(f"/chats/{club}/read", {"seq": 1}))
        await until_waiting(container, 1)
    assert ok(await reading) == {"read_seq": 2, "unread_count": 0}
    assert await boris.own_events() == before
