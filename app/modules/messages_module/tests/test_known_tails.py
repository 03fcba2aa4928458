"""Sends to chats that end where this process has left them: one statement checks that and writes them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from fastapi import FastAPI

from app.adapters.db.address import DatabaseAddress
from app.modules.messages_module.db.cruds import insert
from app.modules.messages_module.db.cruds import send as send_crud
from app.modules.messages_module.db.cruds.insert import NewMessage, insert_if_as_known
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services import known_tails
from app.modules.messages_module.services.known_tails import MAY_SEND
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.messages_module.tests.stuck import patient_app
from tests.fakers import FakeClient, ok, problem
from tests.waiting import until_waiting

app = patient_app


@pytest.fixture
def lockings(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The batches for which the chats were locked in a statement before."""
    found: list[Any] = []
    lock = send_crud.lock_chat_streams

    async def lock_and_note(connection: Any, chat_ids: Any, *, wait: bool) -> Any:
        found.append(chat_ids)
        return await lock(connection, chat_ids, wait=wait)

    monkeypatch.setattr(send_crud, "lock_chat_streams", lock_and_note)
    return found


@pytest.fixture
async def connections(database_address: DatabaseAddress) -> AsyncIterator[list[Any]]:
    opened = [await asyncpg.connect(**database_address.connect_arguments()) for _ in range(8)]
    yield opened
    for connection in opened:
        await connection.close()


async def send(user: FakeClient, chat: str, **fields: Any) -> int:
    return int((await user.send(chat, **{"text": "?", **fields}))["seq"])


async def numbers_of_events(user: FakeClient, chat: str) -> list[int]:
    return [event["seq"] for event in await user.events(chat)]


async def test_the_second_send_to_a_chat_needs_no_statement_before(
    anna: FakeClient, boris: FakeClient, club: str, lockings: list[Any]
) -> None:
    assert await send(anna, club) == 1
    assert len(lockings) == 1
    assert [await send(boris, club), await send(anna, club, reply_to_seq=2)] == [2, 3]
    assert len(lockings) == 1


async def test_what_others_append_meanwhile_is_continued(anna: FakeClient, club: str, lockings: list[Any]) -> None:
    await send(anna, club)
    ok(await anna.patch(f"/chats/{club}", {"title": "Новый клуб"}))
    assert [await send(anna, club) for _ in range(4)] == [2, 3, 4, 5]
    numbers = await numbers_of_events(anna, club)
    assert numbers == list(range(1, len(numbers) + 1))
    # The first send, the one after the change, and one more until two follow each other.
    assert len(lockings) == 3


async def test_sends_to_a_chat_that_others_have_changed_meanwhile_keep_their_order(
    anna: FakeClient, club: str, queue: SendQueue
) -> None:
    await send(anna, club)
    ok(await anna.patch(f"/chats/{club}", {"title": "Новый клуб"}))
    texts = [str(number) for number in range(5)]
    await asyncio.gather(*(queue.submit(UUID(club), anna.uuid, MessageCreate(text=text)) for text in texts))
    history = ok(await anna.get(f"/chats/{club}/messages", after_seq=1))["items"]
    assert [message["text"] for message in history] == texts


async def test_who_has_lost_the_right_or_the_membership_since_the_last_send_is_refused(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    await send(boris, club)
    ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "reader"}))
    problem(await boris.post(f"/chats/{club}/messages", {"text": "?"}), 403, "forbidden")
    await send(anna, club)
    assert (await anna.delete(f"/chats/{club}/members/{boris.id}")).status_code == 204
    problem(await boris.post(f"/chats/{club}/messages", {"text": "?"}), 404, "not_found")
    await send(anna, club)
    problem(await boris.post(f"/chats/{club}/messages", {"text": "?"}), 404, "not_found")


async def test_a_stranger_and_a_deleted_chat_are_refused_as_ever(
    anna: FakeClient, stranger: FakeClient, club: str
) -> None:
    await send(anna, club)
    problem(await stranger.post(f"/chats/{club}/messages", {"text": "?"}), 404, "not_found")
    await send(anna, club)
    assert (await anna.delete(f"/chats/{club}")).status_code == 204
    problem(await anna.post(f"/chats/{club}/messages", {"text": "?"}), 404, "not_found")


async def test_a_deadlock_in_the_one_statement_refuses_no_send(
    anna: FakeClient,
    club: str,
    app: FastAPI,
    lockings: list[Any],
    connections: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await send(anna, club)
    statement = insert._INSERT_AS_KNOWN
    stopped = statement.replace("free WHERE", "free WHERE pg_advisory_xact_lock(7) IS NOT NULL AND", 1)
    assert stopped != statement
    monkeypatch.setattr(insert, "_INSERT_AS_KNOWN", stopped)
    holder, other = connections[:2]
    async with other.transaction():
        # The deadlock is found by the batch, not here.
        await other.execute("SET LOCAL deadlock_timeout = '1min'")
        await other.execute("SELECT FROM chat_member WHERE chat_id = $1 FOR UPDATE", UUID(club))
        async with holder.transaction():
            await holder.execute("SELECT pg_advisory_xact_lock(7)")
            # A refusal is not repeated.
            sending = asyncio.create_task(anna.post(f"/chats/{club}/messages", {"text": "?"}))
            await until_waiting(app.state.container, 1)
            # The batch has locked the chat. It goes on to the members when `holder` has ended.
            locking = asyncio.create_task(other.execute("SELECT FROM chat WHERE id = $1 FOR UPDATE", UUID(club)))
            await until_waiting(app.state.container, 2)
        await locking
    assert ok(await sending)["seq"] == 2
    # Once for the first message. For the second one again if `other` still had the chat.
    assert len(lockings) > 1


async def test_as_many_chats_are_known_as_there_is_room_for(
    anna: FakeClient, lockings: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_tails, "_MAX_CHATS", 1)
    chats = [await anna.open_chat() for _ in range(3)]
    # The third chat takes the place of the others.
    assert [await send(anna, chat) for chat in (*chats, chats[2], chats[0])] == [1, 1, 1, 2, 2]
    assert len(lockings) == 4


async def test_a_repeated_send_gets_the_stored_message(anna: FakeClient, club: str, lockings: list[Any]) -> None:
    body = {"client_msg_id": str(uuid4()), "text": "один раз"}
    first = await anna.send(club, **body)
    await send(anna, club)
    again = await anna.post(f"/chats/{club}/messages", body)
    assert (again.status_code, again.json()) == (200, first)
    problem(await anna.post(f"/chats/{club}/messages", body | {"text": "другой"}), 422, "idempotency_mismatch")
    answers = await asyncio.gather(*(anna.post(f"/chats/{club}/messages", body) for _ in range(5)))
    assert {answer.json()["seq"] for answer in answers} == {1}
    assert await send(anna, club) == 3


async def test_a_reply_to_a_message_that_does_not_exist_is_refused(anna: FakeClient, club: str) -> None:
    await send(anna, club)
    problem(await anna.post(f"/chats/{club}/messages", {"text": "?", "reply_to_seq": 9}), 422, "validation_error")
    assert await send(anna, club) == 2


async def test_batches_of_several_chats_are_one_statement_each(
    anna: FakeClient, boris: FakeClient, lockings: list[Any], queue: SendQueue
) -> None:
    chats = [UUID(await anna.open_chat(boris)) for _ in range(5)]
    for round_number in range(1, 4):
        sent = [(chat, user) for chat in chats for user in (anna, boris, anna)]
        await asyncio.gather(*(queue.submit(chat, user.uuid, MessageCreate(text="?")) for chat, user in sent))
        for chat in chats:
            seen = ok(await boris.get(f"/chats/{chat}"))
            assert (seen["last_seq"], seen["read_seq"]) == (3 * round_number, 3 * round_number - 1)
    assert len(lockings) == 1


async def test_a_chat_with_checks_is_never_known(anna: FakeClient, boris: FakeClient, lockings: list[Any]) -> None:
    direct = ok(await anna.post("/chats", {"type": "direct", "member_ids": [boris.id]}))["id"]
    await send(boris, direct)
    assert (await anna.put(f"/accounts/me/blocks/{boris.id}")).status_code == 204
    for _ in range(3):
        problem(await boris.post(f"/chats/{direct}/messages", {"text": "?"}), 403, "forbidden")
    assert len(lockings) == 4
    assert (await anna.delete(f"/accounts/me/blocks/{boris.id}")).status_code == 204
    assert [await send(boris, direct) for _ in range(2)] == [2, 3]


async def write(connection: Any, user: FakeClient, chat: str, seq: int, event_seq: int) -> bool:
    """Writes a message after these numbers."""
    message = NewMessage(
        UUID(chat), seq + 1, event_seq + 1, str(uuid4()), None, user.uuid, "?", None, b"-" * 16, None, None, b"{}"
    )
    at = datetime.now(UTC)
    return await insert_if_as_known(connection, {UUID(chat): [message]}, at, {UUID(chat): "group"}, MAY_SEND)


@pytest.mark.parametrize(
    ("change", "is_written"),
    [
        ("UPDATE chat SET send_checks = '{quiet}' WHERE id = $1", False),
        ("UPDATE chat SET deleted_at = now() WHERE id = $1", False),
        ("UPDATE stream SET last_seq = last_seq + 1 WHERE id = $1", False),
        ("UPDATE stream SET first_seq = 2 WHERE id = $1", True),
        ("UPDATE chat SET furthest_read_seq = furthest_read_seq WHERE id = $1", True),
    ],
)
async def test_what_has_changed_since_the_snapshot_is_compared_in_its_newest_version(
    anna: FakeClient,
    club: str,
    app: FastAPI,
    connections: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    change: str,
    is_written: bool,
) -> None:
    seen = ok(await anna.get(f"/chats/{club}"))
    statement = insert._INSERT_AS_KNOWN
    stopped = statement.replace("SELECT true WHERE", "SELECT true FROM pg_advisory_xact_lock(7) WHERE", 1)
    assert stopped != statement
    monkeypatch.setattr(insert, "_INSERT_AS_KNOWN", stopped)
    async with connections[0].transaction():
        await connections[0].execute("SELECT pg_advisory_xact_lock(7)")
        writing = asyncio.create_task(write(connections[1], anna, club, seen["last_seq"], seen["event_seq"]))
        await until_waiting(app.state.container, 1)
        await connections[2].execute(change, UUID(club))
    assert await writing is is_written
    stored = await connections[0].fetchval("SELECT count(*) FROM message WHERE chat_id = $1", UUID(club))
    assert stored == is_written
    if "first_seq" in change:
        assert await connections[0].fetchval("SELECT first_seq FROM stream WHERE id = $1", UUID(club)) == 2


async def test_of_several_writers_with_the_same_numbers_one_writes(
    anna: FakeClient, club: str, connections: list[Any]
) -> None:
    seen = ok(await anna.get(f"/chats/{club}"))
    seq, event_seq = seen["last_seq"], seen["event_seq"]
    for _ in range(20):
        written = await asyncio.gather(*(write(each, anna, club, seq, event_seq) for each in connections))
        assert sorted(written) == [False] * 7 + [True]
        seq, event_seq = seq + 1, event_seq + 1
    numbers = await numbers_of_events(anna, club)
    assert numbers == list(range(1, event_seq + 1))
