"""Events that a process leaves to those of another version."""

from collections.abc import Sequence

from app.adapters.db.connection import Connection
from app.modules.streams_module.extension import Event, LeftToOthers, Subscriber, SubscriberContext
from app.modules.streams_module.tests.recording_subscriber import noting, process, until_noted
from app.utils.container import Container
from tests.fakers import FakeClient, eventually


async def test_events_that_a_process_leaves_to_others_are_handled_there_and_have_not_failed(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    calls = 0

    async def handle(context: SubscriberContext, events: Sequence[Event]) -> None:
        nonlocal calls
        calls += 1
        raise LeftToOthers("it is of another version")

    async def is_called_again() -> bool:
        return calls > 2

    async with process(container, Subscriber("noting", ("message.created",), handle, version="1")):
        await anna.send(club, "1")
        await eventually(is_called_again)
        assert await connection.fetchval("SELECT max(attempts) FROM subscriber_cursor") == 0
        async with process(container, noting(version="2")):
            await until_noted(connection, club, ["1"])
            await anna.send(club, "2")
            await until_noted(connection, club, ["1", "2"])
