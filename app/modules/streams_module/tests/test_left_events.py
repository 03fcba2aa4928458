"""Events that the handler of one process leaves to processes whose code is of another version."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.streams_module.extension import Event, LeftToOthers, Subscriber, SubscriberContext
from app.modules.streams_module.services.subscribers import operating
from app.modules.streams_module.services.subscribers.retrying import retry_failure
from app.modules.streams_module.tests.recording_subscriber import noting, process, until_noted, until_set_aside
from app.utils.container import Container
from tests.fakers import FakeClient, eventually


class Leaving:
    """Has a subscriber that leaves all events to others after it has written what it makes of them."""

    def __init__(self) -> None:
        self.calls = 0
        self._noting = noting(across_streams=True)
        self.subscriber: Subscriber = replace(self._noting, handle=self._handle)

    async def _handle(self, context: SubscriberContext, events: Sequence[Event]) -> None:
        await self._noting.handle(context, events)
        self.calls += 1
        raise LeftToOthers


async def test_events_that_a_process_leaves_are_handled_by_another_one(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    other = await anna.open_chat(title="Другой чат")
    leaving = Leaving()

    async def is_left() -> bool:
        return leaving.calls >= 3

    async with process(container, leaving.subscriber):
        await anna.send(club, "1")
        await anna.send(other, "other")
        await anna.send(club, "2")
        await eventually(is_left)
        assert await connection.fetchval("SELECT count(*) FROM noted") == 0
        attempts = "SELECT coalesce(sum(attempts), 0) FROM subscriber_cursor WHERE subscriber = 'noting'"
        assert await connection.fetchval(attempts) == 0
        async with process(container, noting(across_streams=True), bus=MemoryBus()):
            await until_noted(connection, club, ["1", "2"])
            await until_noted(connection, other, ["other"])
    assert await operating.list_failures(connection) == []


@pytest.mark.usefixtures("short_backoff")
async def test_a_retry_that_a_process_leaves_is_made_by_another_one(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    async with process(container, noting()):
        await anna.send(club, "fail")
        await until_set_aside(connection)
    await connection.execute(
        "UPDATE event SET data = json_build_object('text', 'corrected') WHERE kind = 'message.created'"
    )
    await operating.retry(connection, "noting", None)
    database = container.get(Database)
    with pytest.raises(LeftToOthers):
        await retry_failure(database, container, {"noting": Leaving().subscriber})
    assert await retry_failure(database, container, {"noting": noting()})
    await until_noted(connection, club, ["corrected"])
