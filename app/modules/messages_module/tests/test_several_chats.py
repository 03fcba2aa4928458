"""Batches with sends to several chats: chats do not affect each other."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable
from itertools import islice
from uuid import UUID, uuid4

import orjson
import pytest

from app.adapters.db.connection import Connection
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services import writers
from app.modules.messages_module.services.send_queue import MAX_BATCH, MAX_CHATS, SendQueue
from app.modules.messages_module.services.sends import Sent
from app.modules.messages_module.services.writers import MAX_FULL_WRITERS, MAX_WRITERS
from app.modules.messages_module.tests.stuck import patient_app
from tests.busy import when_not_busy
from tests.fakers import FakeClient, eventually, ok

app = patient_app

NOWHERE = UUID("0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11")


async def count_waiting(sql: Connection) -> int:
    """Returns how many connections wait for a lock."""
    await sql.execute("SELECT pg_stat_clear_snapshot()")
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return int(await sql.fetchval(waiting))


async def until_waiting(sql: Connection, count: int) -> None:
    async def is_so() -> bool:
        return await count_waiting(sql) == count

    await eventually(is_so)


async def send(user: FakeClient, chat: str) -> int:
    """Returns the number of the new message. On a busy machine the lock of a test may last longer than the send."""
    return int(ok(await when_not_busy(lambda: user.post(f"/chats/{chat}/messages", {"text": "?"})))["seq"])


async def test_messages_of_each_chat_are_numbered_in_the_order_of_the_calls(
    anna: FakeClient, boris: FakeClient, stranger: FakeClient, queue: SendQueue
) -> None:
    chats = [UUID(await anna.open_chat(boris)) for _ in range(5)]
    channel = UUID(await anna.open_chat(boris, type="channel"))
    choice = random.Random(7)  # noqa: S311 - the same choices at each run
    sends: list[tuple[UUID, FakeClient, MessageCreate, type]] = []
    for number in range(3 * MAX_BATCH):
        chat = choice.choice([*chats, channel, NOWHERE])
        sender = choice.choice([anna, boris, stranger])
        refusal: type = Sent
        if chat == NOWHERE or sender is stranger:
            refusal = ChatNotFound
        elif chat == channel and sender is boris:
            refusal = NotAllowedInChat
        sends.append((chat, sender, MessageCreate(client_msg_id=uuid4(), text=str(number)), refusal))
    # A fifth of them is sent twice. The second send gets the first message.
    sends += choice.sample(sends, len(sends) // 5)
    outcomes = await asyncio.gather(
        *(queue.submit(chat, sender.uuid, message) for chat, sender, message, _ in sends), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [expected for *_, expected in sends]
    reported: dict[UUID, list[tuple[int, str]]] = {}
    for (chat, *_), outcome in zip(sends, outcomes, strict=True):
        if isinstance(outcome, Sent) and not outcome.replayed:
            message = orjson.loads(outcome.body)
            reported.setdefault(chat, []).append((message["seq"], message["text"]))
    assert set(reported) == {*chats, channel}
    for chat, messages in reported.items():
        assert [seq for seq, _ in messages] == list(range(1, len(messages) + 1))
        events = [event for event in await anna.events(str(chat)) if event["kind"] == "message.created"]
        assert [(event["data"]["seq"], event["data"]["text"]) for event in events] == messages
        assert [event["seq"] for event in await anna.events(str(chat))] == list(range(1, events[-1]["seq"] + 1))
        seen = ok(await boris.get(f"/chats/{chat}"))
        by_boris = [event["data"]["seq"] for event in events if event["data"]["sender_id"] == boris.id]
        by_anna = [event["data"]["seq"] for event in events if event["data"]["sender_id"] == anna.id]
        assert (seen["last_seq"], seen["event_seq"]) == (len(messages), events[-1]["seq"])
        assert seen["read_seq"] == max(by_boris, default=0)
        assert seen["others_read_seq"] == max(by_anna, default=0)


async def test_a_locked_chat_delays_no_other_chat(anna: FakeClient, club: str, sql: Connection) -> None:
    others = [await anna.open_chat() for _ in range(3)]
    async with sql.transaction():
        await sql.execute("SELECT FROM stream WHERE id = $1 FOR UPDATE", UUID(club))
        held_up = asyncio.create_task(send(anna, club))
        answers = await asyncio.gather(*(send(anna, chat) for chat in others for _ in range(2)))
        assert Counter(answers) == {1: 3, 2: 3}
        assert not held_up.done()
    assert await held_up == 1


async def test_more_locked_chats_than_writers_delay_no_other_chat(anna: FakeClient, sql: Connection) -> None:
    locked = [await anna.open_chat() for _ in range(5)]
    free = await anna.open_chat()
    async with sql.transaction():
        await sql.execute("SELECT FROM stream WHERE id = ANY($1) FOR UPDATE", [UUID(chat) for chat in locked])
        held_up = [asyncio.create_task(send(anna, chat)) for chat in locked]
        await until_waiting(sql, len(locked))
        assert await send(anna, free) == 1
        assert not any(task.done() for task in held_up)
    assert [await task for task in held_up] == [1] * len(locked)


async def test_more_than_two_batches_run_only_if_they_are_full(
    anna: FakeClient, sql: Connection, queue: SendQueue
) -> None:
    chats = iter([UUID(await anna.open_chat()) for _ in range(40)])
    sends: list[Awaitable[Sent]] = []

    def send(*, to_chats: int, each: int) -> None:
        for chat in islice(chats, to_chats):
            sends.extend(queue.submit(chat, anna.uuid, MessageCreate(text="?")) for _ in range(each))

    async with sql.transaction():
        # No batch gets past its first statement.
        await sql.execute("LOCK TABLE stream IN EXCLUSIVE MODE")
        for batches in (1, 2):
            send(to_chats=1, each=1)
            await until_waiting(sql, batches)
        send(to_chats=8, each=1)
        await asyncio.sleep(0.1)
        assert await count_waiting(sql) == MAX_WRITERS == 2
        send(to_chats=30, each=MAX_BATCH // 5)
        await until_waiting(sql, MAX_FULL_WRITERS)
        await asyncio.sleep(0.1)
        assert await count_waiting(sql) == MAX_FULL_WRITERS
    assert {type(sent) for sent in await asyncio.gather(*sends)} == {Sent}


async def test_a_batch_with_fewer_chats_than_the_one_in_progress_waits_for_it(
    anna: FakeClient, sql: Connection, queue: SendQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "SLOW_AFTER", 60.0)
    chats = iter([UUID(await anna.open_chat()) for _ in range(6)])
    sends: list[Awaitable[Sent]] = []

    def send(*, to_chats: int) -> None:
        sends.extend(queue.submit(chat, anna.uuid, MessageCreate(text="?")) for chat in islice(chats, to_chats))

    async with sql.transaction():
        # No batch gets past its first statement.
        await sql.execute("LOCK TABLE stream IN EXCLUSIVE MODE")
        send(to_chats=3)
        await until_waiting(sql, 1)
        send(to_chats=2)
        await asyncio.sleep(0.1)
        assert await count_waiting(sql) == 1
        send(to_chats=1)
        await until_waiting(sql, 2)
    assert {type(sent) for sent in await asyncio.gather(*sends)} == {Sent}


async def test_a_batch_that_waits_for_a_row_of_one_chat_does_not_hold_up_a_smaller_one(
    anna: FakeClient, sql: Connection, queue: SendQueue
) -> None:
    *chats, free = [UUID(await anna.open_chat()) for _ in range(3)]
    async with sql.transaction():
        # As by a process that is frozen while it moves a read position.
        await sql.execute("SELECT FROM chat WHERE id = $1 FOR UPDATE", chats[0])
        held_up = asyncio.gather(*(queue.submit(chat, anna.uuid, MessageCreate(text="?")) for chat in chats))
        await until_waiting(sql, 1)
        await asyncio.wait_for(queue.submit(free, anna.uuid, MessageCreate(text="?")), 30.0)
        assert not held_up.done()
    await held_up


async def test_a_busy_chat_leaves_other_chats_their_share_of_a_batch(
    anna: FakeClient, club: str, queue: SendQueue
) -> None:
    quiet = [UUID(await anna.open_chat()) for _ in range(MAX_CHATS - 1)]
    order: list[UUID] = []

    async def send(chat: UUID) -> None:
        await queue.submit(chat, anna.uuid, MessageCreate(text="?"))
        order.append(chat)

    await asyncio.gather(*(send(chat) for chat in [UUID(club)] * 10 * MAX_BATCH + quiet))
    assert set(order[:MAX_BATCH]) == {UUID(club), *quiet}
