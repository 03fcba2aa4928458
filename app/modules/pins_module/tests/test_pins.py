"""Pinned messages."""

from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.base_module.services.cursors import encode_cursor
from app.modules.messages_module.extension import Messages
from app.modules.pins_module.module import module
from app.modules.pins_module.services import MAX_PINS
from app.utils.container import Container
from tests.busy import at_once
from tests.databases import rows
from tests.fakers import FakeClient, as_sent, eventually, ok, problem


async def pinned(user: FakeClient, chat_id: str) -> list[int]:
    return [pin["message"]["seq"] for pin in ok(await user.get(f"/chats/{chat_id}/pins"))["items"]]


async def pin_events(user: FakeClient, chat_id: str) -> list[tuple[str, int, str | None]]:
    return [
        (event["kind"], event["data"]["seq"], event["data"]["actor_id"])
        for event in await user.events(chat_id)
        if event["kind"] in ("message.pinned", "message.unpinned")
    ]


async def test_members_see_pinned_messages_the_one_pinned_last_first(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    sent = [await boris.send(club, text) for text in ("Правила", "Адрес", "Привет 🐻")]
    for message in (sent[1], sent[0]):
        assert (await anna.put(f"/chats/{club}/pins/{message['seq']}")).status_code == 204
    page = ok(await boris.get(f"/chats/{club}/pins"))
    assert page["next_cursor"] is None
    assert [as_sent(pin["message"]) for pin in page["items"]] == [sent[0], sent[1]]
    assert {pin["pinned_by"] for pin in page["items"]} == {anna.id}
    events = await anna.events(club)
    assert [event["at"] for event in events if event["kind"] == "message.pinned"] == [
        pin["pinned_at"] for pin in reversed(page["items"])
    ]


async def test_pinning_and_unpinning_again_changes_nothing(anna: FakeClient, boris: FakeClient, club: str) -> None:
    await boris.send(club)
    path = f"/chats/{club}/pins/1"
    answers = await at_once(*[lambda: anna.put(path)] * 5)
    assert {answer.status_code for answer in answers} == {204}
    assert await pinned(boris, club) == [1]
    for _ in range(2):
        assert (await anna.delete(path)).status_code == 204
    assert await pinned(boris, club) == []
    assert await pin_events(boris, club) == [("message.pinned", 1, anna.id), ("message.unpinned", 1, anna.id)]


async def test_a_pinned_message_is_shown_as_it_reads_now(anna: FakeClient, boris: FakeClient, club: str) -> None:
    await boris.send(club, "Встреча в семь")
    ok(await anna.put(f"/chats/{club}/pins/1"))
    ok(await boris.patch(f"/chats/{club}/messages/1", {"text": "Встреча в восемь"}))
    ok(await anna.put(f"/chats/{club}/messages/1/reactions/👍"))
    (pin,) = ok(await anna.get(f"/chats/{club}/pins"))["items"]
    assert pin["message"]["text"] == "Встреча в восемь"
    assert pin["message"]["reactions"] == [{"emoji": "👍", "count": 1, "mine": True}]


async def test_a_deleted_message_is_no_longer_pinned(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    for _ in range(3):
        await boris.send(club)
    for seq in (1, 2, 3):
        ok(await anna.put(f"/chats/{club}/pins/{seq}"))
    ok(await boris.delete(f"/chats/{club}/messages/2"))
    assert await pinned(boris, club) == [3, 1]
    messages = container.get(Messages)  # type: ignore[type-abstract]
    async with open_unit_of_work(container.get(Database)) as work:
        await messages.erase(work, UUID(club), [3, 1], reason="expired")
    assert await pinned(boris, club) == []
    events = [
        (event["kind"], event["data"].get("seq"), event["data"].get("actor_id")) for event in await anna.events(club)
    ]
    assert events[-6:] == [
        ("message.deleted", 2, None),
        ("message.unpinned", 2, None),
        ("message.deleted", 3, None),
        ("message.deleted", 1, None),
        ("message.unpinned", 1, None),
        ("message.unpinned", 3, None),
    ]


async def test_a_deleted_message_cannot_be_pinned(anna: FakeClient, club: str) -> None:
    await anna.send(club)
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    problem(await anna.put(f"/chats/{club}/pins/1"), 409, "conflict")
    assert (await anna.delete(f"/chats/{club}/pins/1")).status_code == 204
    for seq in (2, 2**62):
        problem(await anna.put(f"/chats/{club}/pins/{seq}"), 404, "not_found")
        problem(await anna.delete(f"/chats/{club}/pins/{seq}"), 404, "not_found")


async def test_a_message_deleted_while_it_is_being_pinned_is_not_pinned(anna: FakeClient, club: str) -> None:
    for seq in range(1, 11):
        await anna.send(club)
        await at_once(
            partial(anna.put, f"/chats/{club}/pins/{seq}"), partial(anna.delete, f"/chats/{club}/messages/{seq}")
        )
    assert await pinned(anna, club) == []


async def test_a_chat_has_at_most_100_pinned_messages(anna: FakeClient, boris: FakeClient, club: str) -> None:
    for _ in range(MAX_PINS + 3):
        await anna.send(club)
    for seq in range(1, MAX_PINS):
        ok(await anna.put(f"/chats/{club}/pins/{seq}"))
    answers = await at_once(*(partial(anna.put, f"/chats/{club}/pins/{seq}") for seq in (101, 102, 103)))
    assert sorted(answer.status_code for answer in answers) == [204, 409, 409]
    assert len(await pinned(boris, club)) == MAX_PINS
    assert (await anna.put(f"/chats/{club}/pins/1")).status_code == 204
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    ok(await anna.put(f"/chats/{club}/pins/100"))


async def test_any_admin_unpins_what_another_has_pinned(anna: FakeClient, boris: FakeClient, club: str) -> None:
    await boris.send(club)
    ok(await anna.put(f"/chats/{club}/pins/1"))
    problem(await boris.delete(f"/chats/{club}/pins/1"), 403, "forbidden")
    ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "admin"}))
    ok(await boris.delete(f"/chats/{club}/pins/1"))
    assert await pinned(anna, club) == []


async def test_both_members_of_a_direct_chat_pin(anna: FakeClient, boris: FakeClient) -> None:
    chat_id = await anna.open_chat(boris, type="direct")
    await anna.send(chat_id)
    ok(await boris.put(f"/chats/{chat_id}/pins/1"))
    ok(await anna.delete(f"/chats/{chat_id}/pins/1"))
    assert await pin_events(anna, chat_id) == [
        ("message.pinned", 1, boris.id),
        ("message.unpinned", 1, anna.id),
    ]


@pytest.mark.parametrize("seq", ["0", "-1", "one", str(2**63)])
async def test_what_is_no_sequence_number_is_refused(anna: FakeClient, club: str, seq: str) -> None:
    problem(await anna.put(f"/chats/{club}/pins/{seq}"), 422, "validation_error")


@pytest.mark.parametrize(
    "values", [("2026-01-01T00:00:00Z", 2**63), ("2026-01-01T00:00:00", 1), ("yesterday", 1), (1,)]
)
async def test_a_cursor_that_no_page_of_pins_has_is_refused(anna: FakeClient, club: str, values: Any) -> None:
    cursor = encode_cursor(*values, of="pins")
    problem(await anna.get(f"/chats/{club}/pins", cursor=cursor), 422, "validation_error")


async def test_pins_of_a_chat_that_does_not_exist_are_not_found(anna: FakeClient) -> None:
    problem(await anna.get(f"/chats/{uuid4()}/pins"), 404, "not_found")


async def test_a_deleted_chat_leaves_no_pins(anna: FakeClient, club: str, container: Container) -> None:
    await anna.send(club)
    ok(await anna.put(f"/chats/{club}/pins/1"))
    ok(await anna.delete(f"/chats/{club}"))
    problem(await anna.get(f"/chats/{club}/pins"), 404, "not_found")

    async def is_purged() -> bool:
        return not await rows(container, "SELECT seq FROM message_pin WHERE chat_id = $1", UUID(club))

    await eventually(is_purged)


async def test_pins_of_messages_deleted_without_the_module_are_not_shown_and_are_repaired(
    anna: FakeClient, club: str, container: Container
) -> None:
    await anna.send(club)
    ok(await anna.put(f"/chats/{club}/pins/1"))
    await rows(container, "UPDATE message SET deleted_at = now() WHERE chat_id = $1", UUID(club))
    assert await pinned(anna, club) == []
    (invariant,) = module.invariants
    assert [row["stream_id"] for row in await rows(container, invariant.find)] == [UUID(club)]
    await rows(container, invariant.fix[0], [UUID(club)])
    assert await rows(container, invariant.find) == []
