"""Durable subscribers: each event is handled once, in order, whatever happens to the process or the notification."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from app.adapters.base.bus import Bus
from app.adapters.clients.bus import MemoryBus
from app.adapters.db.connection import Connection
from app.adapters.db.database import BackgroundDatabase, Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.streams_module.db.cruds.append import lock_streams
from app.modules.streams_module.db.cruds.read import delete_oldest
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext, read_events
from app.modules.streams_module.services.log import Log, event
from app.modules.streams_module.services.subscribers import Subscribers, handling
from app.utils.container import Container
from tests.fakers import FakeClient, eventually

_NOTED = """
CREATE TABLE noted (place bigint GENERATED ALWAYS AS IDENTITY, subscriber text, stream_id uuid, seq bigint, text text)
"""


@pytest.fixture
def container(app: FastAPI) -> Container:
    container: Container = app.state.container
    return container


@pytest.fixture
async def connection(container: Container) -> AsyncIterator[Connection]:
    """Beside the application's, with a table for what subscribers note."""
    connection = await container.get(Database).connect()
    await connection.execute(_NOTED)
    yield connection
    await connection.execute("DROP TABLE noted")
    await connection.close()


@pytest.fixture(autouse=True)
def short_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handling, "BACKOFF", (0.01, 0.01))


@asynccontextmanager
async def process(container: Container, *subscribers: Subscriber, bus: Bus | None = None) -> AsyncIterator[Subscribers]:
    """What another process has: connections and tasks of its own."""
    address = container.get(Database).address
    bus = bus or container.get(Bus)  # type: ignore[type-abstract]
    async with BackgroundDatabase(address).connected() as database:
        assert isinstance(database, BackgroundDatabase)
        running = Subscribers(database, bus, container, subscribers)
        async with running.working():
            yield running


def noting(name: str = "noting", kinds: tuple[str, ...] = ("message.created",), **options: Any) -> Subscriber:
    """A subscriber that notes each event in a table, and fails at texts that begin with `fail`."""

    async def handle(context: SubscriberContext, events: Sequence[Event]) -> None:
        raw = await context.work.raw()
        for one in events:
            text = one.data.get("text", "")
            await raw.execute(
                "INSERT INTO noted (subscriber, stream_id, seq, text) VALUES ($1, $2, $3, $4)",
                name, one.stream_id, one.seq, text,
            )  # fmt: skip
            if text.startswith("fail"):
                raise ValueError(text)

    return Subscriber(name, kinds, handle, **options)


async def texts(connection: Connection, chat: str, name: str = "noting") -> list[str]:
    """What was noted of a chat, in the order of noting."""
    rows = await connection.fetch(
        "SELECT text FROM noted WHERE stream_id = $1 AND subscriber = $2 ORDER BY place", UUID(chat), name
    )
    return [row["text"] for row in rows]


async def until_noted(connection: Connection, chat: str, expected: list[str], name: str = "noting") -> None:
    async def is_noted() -> bool:
        return len(await texts(connection, chat, name)) >= len(expected)

    await eventually(is_noted, 10)
    assert await texts(connection, chat, name) == expected


async def until_registered(connection: Connection, *names: str) -> None:
    async def are_registered() -> bool:
        rows = await connection.fetch("SELECT name FROM subscriber WHERE is_registered")
        return set(names) <= {row["name"] for row in rows}

    await eventually(are_registered)


async def test_each_event_from_the_registration_on_is_handled_once_in_order(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    await anna.send(club, "from before")
    async with process(container, noting()):
        await until_registered(connection, "noting")
        for number in range(5):
            await anna.send(club, str(number))
        fresh = await anna.open_chat(title="Новый чат")
        await anna.send(fresh, "first of its chat")
        await until_noted(connection, club, ["0", "1", "2", "3", "4"])
        await until_noted(connection, fresh, ["first of its chat"])
    async with process(container, noting()):
        await anna.send(club, "after the restart")
        await until_noted(connection, club, ["0", "1", "2", "3", "4", "after the restart"])


async def test_one_that_starts_at_the_first_event_handles_the_whole_log(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    await anna.send(club, "from before")
    async with process(container, noting(start="first"), noting("all", ("message.*", "member.*"), start="first")):
        await until_noted(connection, club, ["from before"])
        # Two members were added before the message.
        await until_noted(connection, club, ["", "", "from before"], "all")


async def test_processes_share_the_streams_and_handle_nothing_twice(
    anna: FakeClient, boris: FakeClient, container: Container, connection: Connection
) -> None:
    chats = [await anna.open_chat(boris) for _ in range(6)]
    async with process(container, noting()), process(container, noting()), process(container, noting()):
        await until_registered(connection, "noting")
        await asyncio.gather(*(anna.send(chat, str(number)) for number in range(20) for chat in chats))

        async def are_noted() -> bool:
            return int(await connection.fetchval("SELECT count(*) FROM noted")) >= 120

        await eventually(are_noted)
    rows = await connection.fetch("SELECT stream_id, array_agg(seq ORDER BY place) AS seqs FROM noted GROUP BY 1")
    assert len(rows) == len(chats)
    for row in rows:
        assert row["seqs"] == sorted(set(row["seqs"]))
        assert len(row["seqs"]) == 20


async def test_an_event_without_a_notification_is_found(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    async with process(container, noting(), bus=MemoryBus()):
        await until_registered(connection, "noting")
        await anna.send(club, "nobody was notified")
        await until_noted(connection, club, ["nobody was notified"])


async def test_an_event_that_cannot_be_handled_is_set_aside_and_may_be_retried(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    other = await anna.open_chat(title="Другой чат")
    async with process(container, noting()):
        await until_registered(connection, "noting")
        for text in ("1", "fail", "2"):
            await anna.send(club, text)
        await anna.send(other, "goes on")
        await until_noted(connection, other, ["goes on"])
        await until_noted(connection, club, ["1", "2"])
        (failure,) = await connection.fetch("SELECT * FROM subscriber_failure")
        assert (failure["subscriber"], str(failure["stream_id"])) == ("noting", club)
        assert "fail" in failure["error"]
        # Edited, it can be handled: a retry has the event as it is stored now.
        await anna.patch(f"/chats/{club}/messages/2", {"text": "corrected"})
        await connection.execute("UPDATE event SET data = jsonb_set(data::jsonb, '{text}', to_jsonb('corrected'::text))::json"
                                 " WHERE stream_id = $1 AND seq = $2", failure["stream_id"], failure["seq"])  # fmt: skip
        await connection.execute("UPDATE subscriber_failure SET retry_at = now()")
        await until_noted(connection, club, ["1", "2", "corrected"])
        assert await connection.fetchval("SELECT count(*) FROM subscriber_failure") == 0


async def test_a_stream_halts_where_the_subscriber_says_so(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    other = await anna.open_chat(title="Другой чат")
    async with process(container, noting(on_failure="stop")):
        await until_registered(connection, "noting")
        for text in ("1", "fail", "2"):
            await anna.send(club, text)

        async def is_halted() -> bool:
            return bool(await connection.fetchval("SELECT count(*) FROM subscriber_cursor WHERE is_halted"))

        await eventually(is_halted)
        await anna.send(other, "goes on")
        await until_noted(connection, other, ["goes on"])
        assert await texts(connection, club) == ["1"]


async def test_a_handler_may_append_events_itself(
    anna: FakeClient, boris: FakeClient, container: Container, connection: Connection
) -> None:
    chats = [await anna.open_chat(boris) for _ in range(4)]
    log = container.get(Log)

    async def echo(context: SubscriberContext, events: Sequence[Event]) -> None:
        for one in events:
            await log.append(context.work, context.stream_id, event("test.echoed", {"of": one.seq}))

    async with process(container, Subscriber("echo", ("message.created",), echo)):
        await until_registered(connection, "echo")
        await asyncio.gather(*(anna.send(chat, str(number)) for number in range(5) for chat in chats))

        async def are_echoed() -> bool:
            return await connection.fetchval("SELECT count(*) FROM event WHERE kind = 'test.echoed'") == 20

        await eventually(are_echoed)
    for chat in chats:
        async with container.get(Database).connection() as reading:
            events = await read_events(reading, UUID(chat), 0, 200)
        sent = [one.seq for one in events if one.kind == "message.created"]
        assert [one.data["of"] for one in events if one.kind == "test.echoed"] == sent


async def test_a_subscriber_that_the_retention_overtook_rebuilds_the_stream(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    rebuilt: list[tuple[UUID, int]] = []

    async def rebuild(context: SubscriberContext, stream_id: UUID, through_seq: int) -> None:
        rebuilt.append((stream_id, through_seq))

    for text in ("1", "2", "3"):
        await anna.send(club, text)
    async with open_unit_of_work(container.get(Database)) as work:
        raw = await work.raw()
        await lock_streams(raw, [UUID(club)])
        await delete_oldest(raw, UUID(club), 1, 5)
    async with process(container, noting(start="first", rebuild=rebuild)):
        await until_noted(connection, club, ["3"])
    assert rebuilt == [(UUID(club), 4)]


async def test_kinds_that_are_not_wanted_are_passed_over(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    async with process(container, noting("idle", ("test.never",))):
        await until_registered(connection, "idle")
        head = await connection.fetchval("SELECT last_seq FROM stream WHERE id = $1", UUID(club))
        for text in ("1", "2", "3"):
            await anna.send(club, text)
        await asyncio.sleep(0.2)
    cursors = await connection.fetch("SELECT seq FROM subscriber_cursor WHERE stream_id = $1", UUID(club))
    assert [row["seq"] for row in cursors] == [head + 3]


def test_a_kind_may_be_named_by_its_group() -> None:
    subscriber = noting(kinds=("message.*", "chat.updated"))
    assert subscriber.wants("message.created")
    assert subscriber.wants("chat.updated")
    assert not subscriber.wants("chat.deleted")
