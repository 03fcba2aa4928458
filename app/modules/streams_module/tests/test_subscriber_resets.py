"""Subscribers whose cursors an operator moves."""

from uuid import UUID

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.streams_module.services.subscribers import operating
from app.modules.streams_module.tests.recording_subscriber import noting, process, until_noted
from app.utils.container import Container
from tests.fakers import FakeClient, ok
from tests.waiting import begin_in_order

_SET_ASIDE = """
INSERT INTO subscriber_failure (stream_id, subscriber, seq, error, failed_at)
SELECT id, 'noting', last_seq, 'it failed', now() FROM stream WHERE id = $1
"""
pytestmark = pytest.mark.usefixtures("short_backoff")


async def test_a_reset_subscriber_starts_again(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    async with process(container, noting()):
        for text in ("1", "2"):
            await anna.send(club, text)
        await until_noted(connection, club, ["1", "2"])
        assert await operating.reset(connection, "noting", UUID(club), to_head=False) == 1
        await until_noted(connection, club, ["1", "2", "1", "2"])
        (status,) = [each for each in await operating.list_subscribers(connection) if each.name == "noting"]
        assert (status.events_behind, status.failures) == (0, 0)


async def test_an_event_that_is_set_aside_while_a_reset_waits_is_handled_once(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    async with process(container, noting()):
        await anna.send(club, "1")
        await until_noted(connection, club, ["1"])
    async with container.get(Database).connection() as operator:
        async with connection.transaction():
            await connection.execute("SELECT FROM subscriber_cursor WHERE subscriber = 'noting' FOR UPDATE")
            await connection.execute(_SET_ASIDE, UUID(club))
            (reset,) = await begin_in_order(container, operating.reset(operator, "noting", UUID(club), to_head=False))
        assert await reset == 1
    assert await operating.list_failures(connection) == []


async def test_an_event_that_was_set_aside_is_handled_once_after_a_reset(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    async with process(container, noting()):
        for text in ("fail", "2"):
            await anna.send(club, text)
        await until_noted(connection, club, ["2"])
        await operating.reset(connection, "noting", UUID(club), to_head=True)
        assert len(await operating.list_failures(connection)) == 1
        ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "corrected"}))
        await operating.reset(connection, "noting", UUID(club), to_head=False)
        await until_noted(connection, club, ["2", "corrected", "2"])
        assert await operating.list_failures(connection) == []
