"""Events that were set aside: they fail again at a retry, or an operator leaves them out."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import pytest

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext
from app.modules.streams_module.services.log import Log, event
from app.modules.streams_module.services.subscribers import operating
from app.modules.streams_module.services.subscribers.retrying import retry_failure
from app.modules.streams_module.tests.recording_subscriber import noting, process, texts, until_set_aside
from app.utils.container import Container
from tests.fakers import FakeClient
from tests.manage import manage


@pytest.mark.usefixtures("short_backoff")
async def test_a_retry_that_fails_notifies_of_no_event_that_was_rolled_back(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    """Otherwise the next event with this number would be taken for one that is known."""
    bus, notified = MemoryBus(), list[Mapping[UUID, int]]()
    bus.on_stream_heads(notified.append)

    async def handle(context: SubscriberContext, events: Sequence[Event]) -> None:
        await Log(bus).append(context.work, UUID(club), event("chat.updated", {"title": "Новое имя"}))
        raise ValueError("after the append")

    subscriber = Subscriber("failing", ("message.created",), handle)
    async with process(container, subscriber):
        await anna.send(club, "Привет")
        await until_set_aside(connection)
    await operating.retry(connection, "failing", None)
    assert await retry_failure(container.get(Database), container, {"failing": subscriber})
    (failure,) = await operating.list_failures(connection)
    assert (failure.is_due, failure.error) == (False, "ValueError('after the append')")
    assert notified == []


@pytest.mark.usefixtures("short_backoff")
async def test_events_that_were_set_aside_can_be_left_out(
    anna: FakeClient, club: str, container: Container, connection: Connection, database_address: DatabaseAddress
) -> None:
    async with process(container, noting()):
        for text in ("fail", "fail again", "fail at last"):
            await anna.send(club, text)
        await until_set_aside(connection, 3)
    first, *later = [failure.seq for failure in await operating.list_failures(connection)]
    command = "subscribers", "skip", "noting", club
    assert (await manage(database_address, *command, "--seq", "999")).exit_code == 1
    assert f"skipped events: {first}\n" in (await manage(database_address, *command, "--seq", str(first))).stdout
    assert [failure.seq for failure in await operating.list_failures(connection)] == later
    assert (await manage(database_address, *command)).exit_code == 0
    assert await operating.list_failures(connection) == []
    assert (await manage(database_address, *command)).exit_code == 1


@pytest.mark.usefixtures("short_backoff")
async def test_a_subscriber_is_deleted_only_if_no_module_has_it(
    anna: FakeClient, club: str, container: Container, connection: Connection, database_address: DatabaseAddress
) -> None:
    async with process(container, noting(), noting("other"), noting("search")):
        await anna.send(club, "fail")
        await until_set_aside(connection)
    assert (await manage(database_address, "subscribers", "forget", "search")).exit_code == 2
    assert (await manage(database_address, "subscribers", "forget", "noting")).exit_code == 0
    names = await operating.list_names(connection)
    assert ("noting" in names, "other" in names, "search" in names) == (False, True, True)
    for table in ("subscriber_cursor", "subscriber_failure"):
        rows = await connection.fetch(f"SELECT DISTINCT subscriber FROM {table}")  # noqa: S608 - constants only
        assert "noting" not in {row["subscriber"] for row in rows}


@pytest.mark.usefixtures("short_backoff")
async def test_a_retry_that_fails_changes_nothing(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    async with process(container, noting()):
        await anna.send(club, "fail")
        await until_set_aside(connection)
    await operating.retry(connection, "noting", None)
    assert await retry_failure(container.get(Database), container, {"noting": noting()})
    assert await texts(connection, club) == []
    assert [failure.is_due for failure in await operating.list_failures(connection)] == [False]
