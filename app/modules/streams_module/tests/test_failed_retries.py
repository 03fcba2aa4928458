"""Retries of events that were set aside, and fail again."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import pytest

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext
from app.modules.streams_module.services.log import Log, event
from app.modules.streams_module.services.subscribers import operating
from app.modules.streams_module.services.subscribers.retrying import retry_failure
from app.modules.streams_module.tests.recording_subscriber import process
from app.utils.container import Container
from tests.fakers import FakeClient, eventually


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

    async def is_set_aside() -> bool:
        return bool(await operating.list_failures(connection))

    subscriber = Subscriber("failing", ("message.created",), handle)
    async with process(container, subscriber):
        await anna.send(club, "Привет")
        await eventually(is_set_aside)
    await operating.retry(connection, "failing", None)
    assert await retry_failure(container.get(Database), container, {"failing": subscriber})
    (failure,) = await operating.list_failures(connection)
    assert (failure.is_due, failure.error) == (False, "ValueError('after the append')")
    assert notified == []
