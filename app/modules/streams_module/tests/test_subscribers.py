"""Durable subscribers: each event is handled once and in order, even after crashes and lost notifications."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from uuid import UUID

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext, read_events
from app.modules.streams_module.services.log import Log, event
from app.modules.streams_module.services.subscribers.runner import digest_of
from app.modules.streams_module.tests.recording_subscriber import noting, process, texts, until_noted
from app.utils.container import Container
from tests.fakers import FakeClient, eventually
from tests.waiting import until

_IS_KNOWN = "SELECT count(*) FROM subscriber_process WHERE id = $1"


async def test_each_event_since_the_registration_is_handled_once_and_in_order(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    await anna.send(club, "from before")
    async with process(container, noting()):
        for number in range(5):
            await anna.send(club, str(number))
        fresh = await anna.open_chat(title="Новый чат")
        await anna.send(fresh, "first of its chat")
        await until_noted(connection, club, ["0", "1", "2", "3", "4"])
        await until_noted(connection, fresh, ["first of its chat"])
    async with process(container, noting()):
        await anna.send(club, "after the restart")
        await until_noted(connection, club, ["0", "1", "2", "3", "4", "after the restart"])


async def test_a_subscriber_that_starts_at_the_first_event_handles_the_whole_log(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    await anna.send(club, "from before")
    async with process(container, noting(start="first"), noting("all", ("message.*", "member.*"), start="first")):
        await until_noted(connection, club, ["from before"])
        # Two members were added before the message.
        await until_noted(connection, club, ["", "", "from before"], "all")


async def test_a_subscriber_of_events_with_a_text_is_not_called_for_streams_without_it(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    async with process(container, noting(containing="://"), noting("all")):
        await anna.send(club, "plain")
        await until_noted(connection, club, ["plain"], "all")
        assert await texts(connection, club) == []
        await anna.send(club, "see https://example.com")
        # The cursor is stored with the next event that is handled.
        await until_noted(connection, club, ["plain", "see https://example.com"])


async def test_processes_share_streams_and_handle_no_event_twice(
    anna: FakeClient, boris: FakeClient, container: Container, connection: Connection
) -> None:
    chats = [await anna.open_chat(boris) for _ in range(6)]
    async with process(container, noting()), process(container, noting()), process(container, noting()):
        await asyncio.gather(*(anna.send(chat, str(number)) for number in range(20) for chat in chats))

        async def are_noted() -> bool:
            return int(await connection.fetchval("SELECT count(*) FROM noted")) >= 120

        await eventually(are_noted)
    rows = await connection.fetch("SELECT stream_id, array_agg(seq ORDER BY place) AS seqs FROM noted GROUP BY 1")
    assert len(rows) == len(chats)
    for row in rows:
        assert row["seqs"] == sorted(set(row["seqs"]))
        assert len(row["seqs"]) == 20


async def test_an_event_without_notification_is_found_when_the_bus_reconnects(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    bus = MemoryBus()
    async with process(container, noting(), bus=bus):
        await anna.send(club, "not notified")
        bus._report_reconnect()
        await until_noted(connection, club, ["not notified"])


async def test_a_handler_can_append_events(
    anna: FakeClient, boris: FakeClient, container: Container, connection: Connection
) -> None:
    chats = [await anna.open_chat(boris) for _ in range(4)]
    log = container.get(Log)

    async def echo(context: SubscriberContext, events: Sequence[Event]) -> None:
        for item in events:
            await log.append(context.work, context.stream_id, event("test.echoed", {"of": item.seq}))

    async with process(container, Subscriber("echo", ("message.created",), echo)):
        await asyncio.gather(*(anna.send(chat, str(number)) for number in range(5) for chat in chats))
        await until(connection, "SELECT count(*) = 20 FROM event WHERE kind = 'test.echoed'")
    for chat in chats:
        async with container.get(Database).connection() as reading:
            events = await read_events(reading, UUID(chat), 0, 200)
        sent = [item.seq for item in events if item.kind == "message.created"]
        assert [item.data["of"] for item in events if item.kind == "test.echoed"] == sent


async def test_unsubscribed_kinds_are_skipped(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    async with process(container, noting("idle", ("test.never",))) as running:
        head = await connection.fetchval("SELECT last_seq FROM stream WHERE id = $1", UUID(club))
        for text in ("1", "2", "3"):
            await anna.send(club, text)

        async def are_skipped() -> bool:
            return running._cursors.are_at(UUID(club), head + 3)

        await eventually(are_skipped)
    written = "SELECT seq FROM subscriber_cursor WHERE stream_id = $1 AND subscriber = 'idle'"
    cursors = await connection.fetch(written, UUID(club))
    assert [row["seq"] for row in cursors] == [head + 3]


def test_kinds_can_be_named_by_their_group() -> None:
    subscriber = noting(kinds=("message.*", "chat.updated"))
    assert subscriber.wants["message.created"]
    assert subscriber.wants["chat.updated"]
    assert not subscriber.wants["chat.deleted"]


async def test_a_subscriber_across_streams_gets_the_events_of_each_stream_in_order(
    anna: FakeClient, boris: FakeClient, container: Container, connection: Connection
) -> None:
    chats = [await anna.open_chat(boris) for _ in range(4)]
    calls: list[list[tuple[UUID, int]]] = []

    async def handle(context: SubscriberContext, events: Sequence[Event]) -> None:
        calls.append([(item.stream_id, item.seq) for item in events])
        raw = await context.work.raw()
        for item in events:
            await raw.execute(
                "INSERT INTO noted (subscriber, stream_id, seq, text) VALUES ('together', $1, $2, $3)",
                item.stream_id, item.seq, item.data["text"],
            )  # fmt: skip
            if item.data["text"] == "fail" and len({stream_id for stream_id, _ in calls[-1]}) > 1:
                raise ValueError("one of several streams")

    for chat in chats:
        for text in ("1", "2", "fail" if chat == chats[0] else "3"):
            await anna.send(chat, text)
    together = Subscriber("together", ("message.created",), handle, start="first", across_streams=True)
    async with process(container, together):
        for chat in chats:
            await until_noted(connection, chat, ["1", "2", "fail" if chat == chats[0] else "3"], "together")
    assert max(len({stream_id for stream_id, _ in call}) for call in calls) == len(chats)


async def test_a_subscriber_across_streams_gets_all_events_of_a_stream_together_and_not_those_of_all_streams(
    anna: FakeClient, boris: FakeClient, container: Container
) -> None:
    chats = [await anna.open_chat(boris) for _ in range(3)]
    for chat in chats:
        for number in range(120):
            await anna.send(chat, str(number))
    calls: list[list[str]] = []

    async def handle(_: SubscriberContext, events: Sequence[Event]) -> None:
        calls.append([str(event.stream_id) for event in events])

    async def are_all_handled() -> bool:
        return sum(map(len, calls)) == 360

    async with process(container, Subscriber("together", ("message.created",), handle, "first", across_streams=True)):
        await eventually(are_all_handled)
    assert sorted(map(len, calls)) == [120, 240]
    assert sorted(chat for call in calls for chat in set(call)) == sorted(chats)


async def test_events_that_a_process_has_not_handled_when_it_ends_are_handled_by_another_one(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    has_begun = asyncio.Event()

    async def never(context: SubscriberContext, events: Sequence[Event]) -> None:
        has_begun.set()
        await asyncio.Event().wait()

    async with AsyncExitStack() as running:
        async with process(container, replace(noting(start="first"), handle=never)):
            await anna.send(club, "1")
            await asyncio.wait_for(has_begun.wait(), 30)
            # Only now: a process that runs already can find the event first.
            await running.enter_async_context(process(container, noting(start="first"), bus=MemoryBus()))
        await until_noted(connection, club, ["1"])


async def test_a_process_that_cannot_ask_for_a_pass_when_it_ends_is_found_dead(
    container: Container, connection: Connection
) -> None:
    async with process(container, noting(), bus=MemoryBus()) as running:
        own = running._sweep._process
        await until(connection, _IS_KNOWN, own)
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("LOCK TABLE subscriber_sweep IN ACCESS EXCLUSIVE MODE")
    await transaction.rollback()
    assert await connection.fetchval(_IS_KNOWN, own)
    # Otherwise its death would begin a pass in the middle of another test.
    await connection.execute("DELETE FROM subscriber_process WHERE id = $1", own)


def test_processes_whose_subscribers_handle_other_events_do_not_leave_theirs_to_each_other() -> None:
    subscribers = [
        noting(),
        noting(kinds=("message.created", "message.edited")),
        noting(containing="@"),
        noting("other"),
        noting(form="2"),
    ]
    assert len({digest_of([subscriber]) for subscriber in subscribers}) == 5
    assert digest_of([noting(), noting("other")]) == digest_of([noting("other"), noting()])
