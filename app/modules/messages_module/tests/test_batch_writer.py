"""The batch writer: outcomes of the sends when one of them or the whole batch fails."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest

from app.adapters.db.connection import Connection
from app.modules.accounts_module.errors import InvalidToken
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services.send_queue import MAX_BATCH, SendQueue
from app.modules.messages_module.services.sends import Sent
from app.modules.messages_module.tests.stuck import LOCKING, find_stuck
from tests.fakers import FakeClient, ok, problem

_INSERTING = "INSERT INTO message"


async def test_sends_that_find_refusal_refuses_are_not_written(anna: FakeClient, club: str, queue: SendQueue) -> None:
    refusals: list[InvalidToken | None] = [None, InvalidToken(), None]
    sends = [
        queue.submit(UUID(club), anna.uuid, MessageCreate(text=str(number)), partial(refusals.__getitem__, number % 3))
        for number in range(9)
    ]
    outcomes = await asyncio.gather(*sends, return_exceptions=True)
    assert [isinstance(outcome, InvalidToken) for outcome in outcomes] == [False, True, False] * 3
    history = ok(await anna.get(f"/chats/{club}/messages"))["items"]
    assert [(item["seq"], item["text"]) for item in history] == list(enumerate("023568", 1))
    # A batch in which every send is refused.
    refused = queue.submit(UUID(club), anna.uuid, MessageCreate(text="x"), InvalidToken)
    with pytest.raises(InvalidToken):
        await refused
    assert (await anna.send(club))["seq"] == 7


async def test_a_send_that_cannot_be_written_fails_alone(anna: FakeClient, club: str, queue: SendQueue) -> None:
    # The API's schema refuses this text. Without that check, PostgreSQL refuses the whole statement.
    bad = MessageCreate.model_construct(client_msg_id=uuid4(), text="a\x00b", reply_to_seq=None)
    sends = [MessageCreate(text=str(number)) for number in range(4)]
    sends.insert(2, bad)
    outcomes = await asyncio.gather(
        *(queue.submit(UUID(club), anna.uuid, message) for message in sends), return_exceptions=True
    )
    assert isinstance(outcomes[2], asyncpg.CharacterNotInRepertoireError)
    history = ok(await anna.get(f"/chats/{club}/messages"))["items"]
    assert [(message["seq"], message["text"]) for message in history] == [(1, "0"), (2, "1"), (3, "2"), (4, "3")]
    assert (await anna.send(club))["seq"] == 5


async def test_refused_sends_leave_no_gap_in_the_numbers(
    anna: FakeClient, boris: FakeClient, stranger: FakeClient, club: str, queue: SendQueue
) -> None:
    ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "reader"}))
    sends = [(stranger, ChatNotFound), (anna, None), (boris, NotAllowedInChat), (anna, None)] * 5
    # Submitted before the writer runs, so all are in one batch.
    outcomes = await asyncio.gather(
        *(queue.submit(UUID(club), user.uuid, MessageCreate(text="?")) for user, _ in sends), return_exceptions=True
    )
    for outcome, (_, refusal) in zip(outcomes, sends, strict=True):
        assert isinstance(outcome, refusal or Sent)
    written = [orjson.loads(outcome.body)["seq"] for outcome in outcomes if isinstance(outcome, Sent)]
    assert written == list(range(1, 11))
    history = ok(await anna.get(f"/chats/{club}/messages"))["items"]
    assert [message["seq"] for message in history] == written


async def test_a_cancelled_send_fails_no_other_send(anna: FakeClient, club: str, sql: Connection) -> None:
    bodies = [{"client_msg_id": str(uuid4()), "text": str(number)} for number in range(9)]
    async with sql.transaction():
        await sql.execute("SELECT FROM stream FOR UPDATE")
        calls = [asyncio.create_task(anna.post(f"/chats/{club}/messages", body)) for body in bodies]
        await find_stuck(sql, LOCKING)
        for call in calls[::2]:
            call.cancel()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(answer, asyncio.CancelledError) for answer in answers] == [True, False] * 4 + [True]
    # A cancelled send may be written or not. After a retry each message is stored once.
    seqs = [ok(await anna.post(f"/chats/{club}/messages", body))["seq"] for body in bodies]
    assert sorted(seqs) == list(range(1, len(bodies) + 1))


async def test_more_sends_than_one_batch_are_written_in_order(anna: FakeClient, club: str, queue: SendQueue) -> None:
    count = 2 * MAX_BATCH + 1
    await asyncio.gather(
        *(queue.submit(UUID(club), anna.uuid, MessageCreate(text=str(number))) for number in range(count))
    )
    history = ok(await anna.get(f"/chats/{club}/messages", after_seq=MAX_BATCH, limit=200))["items"]
    assert [message["text"] for message in history] == [str(number) for number in range(MAX_BATCH, count)]


@pytest.mark.parametrize(
    ("obstacle", "statement"),
    [
        # The writer waits for the lock of the stream.
        ("SELECT FROM stream FOR UPDATE", LOCKING),
        # The writer holds that lock and waits in its insert.
        ("LOCK TABLE message IN SHARE MODE", _INSERTING),
    ],
)
async def test_a_broken_connection_loses_and_duplicates_no_message(
    anna: FakeClient, club: str, sql: Connection, obstacle: str, statement: str
) -> None:
    bodies = [{"client_msg_id": str(uuid4()), "text": str(number)} for number in range(20)]
    async with sql.transaction():
        await sql.execute(obstacle)
        sending = asyncio.gather(*(anna.post(f"/chats/{club}/messages", body) for body in bodies))
        writer = await find_stuck(sql, statement)
        assert await sql.fetchval("SELECT pg_terminate_backend($1, 1000)", writer)
    answers = await sending
    # Sends of the broken batch get 503. Later ones are written.
    assert 503 in {answer.status_code for answer in answers}
    for answer in answers:
        if answer.status_code == 503:
            problem(answer, 503, "unavailable")
            assert answer.headers["retry-after"]
        else:
            assert answer.status_code == 201
    retried = [await anna.post(f"/chats/{club}/messages", body) for body in bodies]
    assert sorted(ok(answer)["seq"] for answer in retried) == list(range(1, len(bodies) + 1))
    for answer, again in zip(answers, retried, strict=True):
        if answer.status_code == 201:
            assert (again.status_code, again.json()) == (200, answer.json())
    events = [event for event in await anna.events(club) if event["kind"] == "message.created"]
    assert [event["data"]["seq"] for event in events] == list(range(1, len(bodies) + 1))


@contextmanager
def silent(process_id: int) -> Iterator[None]:
    """Stops a process of PostgreSQL, which must run on this machine, for the time of the block."""
    assert b"postgres: " in (Path("/proc") / str(process_id) / "cmdline").read_bytes()
    os.kill(process_id, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process_id, signal.SIGCONT)


async def test_a_connection_that_does_not_answer_is_not_used_for_the_next_batch(
    anna: FakeClient, club: str, sql: Connection
) -> None:
    await anna.send(club, "до")
    body = {"client_msg_id": str(uuid4()), "text": "дошло ли?"}
    async with AsyncExitStack() as stack:
        async with sql.transaction():
            await sql.execute("LOCK TABLE message IN SHARE MODE")
            sending = asyncio.create_task(anna.post(f"/chats/{club}/messages", body))
            stack.enter_context(silent(await find_stuck(sql, "WITH checked")))
        waiting = asyncio.create_task(anna.post(f"/chats/{club}/messages", {"text": "ждёт"}))
        refusal = problem(await sending, 503, "unavailable")
        assert "same client_msg_id" in refusal["detail"]
        # It would wait as long again.
        assert "was not stored" in problem(await waiting, 503, "unavailable")["detail"]
        assert ok(await anna.post(f"/chats/{club}/messages", body))["seq"] == 2
    assert (await anna.send(club))["seq"] == 3
    assert len(ok(await anna.get(f"/chats/{club}/messages"))["items"]) == 3


async def test_a_lock_timeout_returns_503(anna: FakeClient, club: str, sql: Connection) -> None:
    async with sql.transaction():
        await sql.execute("SELECT FROM stream WHERE id = $1 FOR UPDATE", UUID(club))
        refused = await anna.post(f"/chats/{club}/messages", {"text": "Ау"})
    problem(refused, 503, "unavailable")
    assert (await anna.send(club))["seq"] == 1
