"""Handlers that take too long: each attempt ends, as if the handler had failed. Commands that wait for handlers."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from app.adapters.db import idle
from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.streams_module.extension import Event, SubscriberContext, hold_streams
from app.modules.streams_module.services.subscribers import calls, operating
from app.modules.streams_module.tests.recording_subscriber import noting, process, until_noted
from app.utils.container import Container
from tests.fakers import FakeClient, eventually
from tests.manage import manage

pytestmark = pytest.mark.usefixtures("short_backoff")


@pytest.mark.parametrize("is_transaction_ended", [False, True])
async def test_a_handler_that_never_returns_delays_the_other_streams_only_for_a_while(
    anna: FakeClient,
    club: str,
    container: Container,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    is_transaction_ended: bool,
) -> None:
    """PostgreSQL also ends the transaction in which nothing happens, before or after the handler is stopped."""
    monkeypatch.setattr(calls, "HANDLER_TIMEOUT", 2.0)
    other = await anna.open_chat(title="Другой чат")
    note = noting()

    async def handle(context: SubscriberContext, events: Sequence[Event]) -> None:
        if any(event.data.get("text") == "hang" for event in events):
            if is_transaction_ended:
                outside = await container.get(Database).connect()
                await outside.execute("SELECT pg_terminate_backend($1)", context.connection.get_server_pid())
                await outside.close()
            await asyncio.Event().wait()
        await note.handle(context, events)

    async with process(container, replace(note, handle=handle)):
        for text in ("1", "hang", "2"):
            await anna.send(club, text)
        await anna.send(other, "goes on")
        await until_noted(connection, other, ["goes on"])
        await until_noted(connection, club, ["1", "2"])
        (failure,) = await connection.fetch("SELECT seq, error FROM subscriber_failure")
        assert failure["error"] == "TimeoutError('it took longer than 2 s')"
        assert await operating.retry(connection, "noting", None) == 1

        async def has_failed_again() -> bool:
            return not [failure for failure in await operating.list_failures(connection) if failure.is_due]

        await eventually(has_failed_again)
        assert await connection.fetchval("SELECT error FROM subscriber_failure") == failure["error"]


@pytest.fixture
def short_idle_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "IDLE_LIMIT", 1.0)


@pytest.mark.usefixtures("short_idle_limit")
async def test_a_handler_that_leaves_its_transaction_idle_fails_like_any_other(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    other = await anna.open_chat(title="Другой чат")
    note = noting()

    async def handle(context: SubscriberContext, events: Sequence[Event]) -> None:
        if any(event.data.get("text") == "idle" for event in events):
            while not context.connection.is_closed():  # noqa: ASYNC110 - PostgreSQL closes it
                await asyncio.sleep(0.05)
        await note.handle(context, events)

    async with process(container, replace(note, handle=handle)):
        for text in ("1", "idle", "2"):
            await anna.send(club, text)
        await anna.send(other, "goes on")
        await until_noted(connection, other, ["goes on"])
        await until_noted(connection, club, ["1", "2"])
        (failure,) = await operating.list_failures(connection)
        assert "was idle for more than 1 s" in failure.error
        assert await operating.retry(connection, "noting", None) == 1

        async def has_failed_again() -> bool:
            return not [failure for failure in await operating.list_failures(connection) if failure.is_due]

        await eventually(has_failed_again)
        assert [failure.seq] == [again.seq for again in await operating.list_failures(connection)]


@pytest.mark.usefixtures("short_idle_limit")
async def test_streams_that_only_together_leave_their_transaction_idle_are_handled_in_parts(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    chats = [club, await anna.open_chat(title="Второй чат"), await anna.open_chat(title="Третий чат")]
    for chat in chats:
        await anna.send(chat, "slow")
    note = noting(start="first")
    calls: list[UUID] = []

    async def handle(context: SubscriberContext, events: Sequence[Event]) -> None:
        calls.append(context.stream_id)
        await asyncio.sleep(0.4)

    slow = replace(note, handle=handle)
    async with process(container, slow):

        async def are_handled() -> bool:
            rows = await connection.fetch("SELECT seq FROM subscriber_cursor WHERE subscriber = 'noting' AND seq > 0")
            return len(rows) >= len(chats)

        await eventually(are_handled)
    assert len(calls) > len(chats), "they were not handled together at first"
    assert await operating.list_failures(connection) == []


async def test_a_command_takes_as_long_as_it_needs(
    anna: FakeClient, club: str, container: Container, connection: Connection, database_address: DatabaseAddress
) -> None:
    """It concerns all streams, and waits for handlers. The time limits of requests would end it."""
    async with process(container, noting()):
        await anna.send(club, "again")
        await until_noted(connection, club, ["again"])
    async with open_unit_of_work(container.get(Database)) as work:
        assert await hold_streams(work, noting(), [UUID(club)])
        resetting = asyncio.create_task(manage(database_address, "subscribers", "reset", "noting"))
        await asyncio.sleep(6)
        assert not resetting.done()
    assert (await resetting).exit_code == 0
    async with process(container, noting()):
        await until_noted(connection, club, ["again", "again"])


async def test_a_handler_whose_task_is_cancelled_by_others_fails_like_any_other(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    other = await anna.open_chat(title="Другой чат")
    note = noting()

    async def handle(context: SubscriberContext, events: Sequence[Event]) -> None:
        if any(event.data.get("text") == "cancelled" for event in events):
            raise asyncio.CancelledError
        await note.handle(context, events)

    async with process(container, replace(note, handle=handle)):
        await anna.send(club, "cancelled")
        await anna.send(club, "goes on")
        await until_noted(connection, club, ["goes on"])
        await anna.send(other, "goes on, too")
        await until_noted(connection, other, ["goes on, too"])
    (failure,) = await operating.list_failures(connection)
    assert "was cancelled" in failure.error
