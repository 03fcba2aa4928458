"""Streams whose log no longer has the next event of a subscriber: it rebuilds what it makes of them."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.streams_module.db.cruds.append import lock_streams
from app.modules.streams_module.db.cruds.read import delete_oldest
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext
from app.modules.streams_module.services.sequence_numbers import move_numbers_ahead
from app.modules.streams_module.services.subscribers import handling, operating
from app.modules.streams_module.tests.recording_subscriber import noting, process, texts, until_noted
from app.utils.container import Container
from tests.fakers import FakeClient, eventually
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("short_backoff")


_IS_HALTED = "SELECT count(*) FROM subscriber_cursor WHERE is_halted"
_HAS_FAILED = """
SELECT seq = 0 AND attempts > $2 FROM subscriber_cursor WHERE stream_id = $1 AND subscriber = 'noting'
"""


class Rebuilding:
    """A `rebuild` that fails while `is_broken`. It notes the streams, and the numbers up to which it has rebuilt."""

    def __init__(self, *, is_broken: bool) -> None:
        self.is_broken = is_broken
        self.failed = 0
        self.done: list[tuple[UUID, int]] = []

    async def __call__(self, context: SubscriberContext, stream_id: UUID, through_seq: int) -> None:
        if self.is_broken:
            self.failed += 1
            raise ValueError("broken")
        self.done.append((stream_id, through_seq))

    async def has_failed_often(self) -> bool:
        return self.failed > 2 * len(handling.BACKOFF)


@pytest.fixture
async def pruned(anna: FakeClient, club: str, container: Container) -> str:
    """A chat with the messages 1, 2 and 3, of which the log has the last one."""
    for text in ("1", "2", "3"):
        await anna.send(club, text)
    async with open_unit_of_work(container.get(Database)) as work:
        raw = await work.raw()
        await lock_streams(raw, [UUID(club)])
        await delete_oldest(raw, UUID(club), 1, 5)
    return club


async def test_a_subscriber_behind_the_retention_rebuilds_the_stream(
    pruned: str, container: Container, connection: Connection
) -> None:
    rebuild = Rebuilding(is_broken=False)
    async with process(container, noting(start="first", rebuild=rebuild)):
        await until_noted(connection, pruned, ["3"])
    assert rebuild.done == [(UUID(pruned), 4)]


async def test_a_rebuild_that_fails_is_repeated_and_no_event_is_set_aside(
    pruned: str, container: Container, connection: Connection
) -> None:
    rebuild = Rebuilding(is_broken=True)
    async with process(container, noting(start="first", rebuild=rebuild)):
        await eventually(rebuild.has_failed_often)
        assert await texts(connection, pruned) == []
        assert await operating.list_failures(connection) == []
        rebuild.is_broken = False
        await until_noted(connection, pruned, ["3"])
    assert rebuild.done == [(UUID(pruned), 4)]


async def test_a_rebuild_of_an_emptied_log_that_fails_is_repeated(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    await move_numbers_ahead(container.get(Database).address)
    head = await connection.fetchval("SELECT last_seq FROM stream WHERE id = $1", UUID(club))
    rebuild = Rebuilding(is_broken=True)
    async with process(container, noting(start="first", rebuild=rebuild)):
        await until(connection, _HAS_FAILED, UUID(club), 2 * len(handling.BACKOFF))
        assert await operating.list_failures(connection) == []
        rebuild.is_broken = False

        async def is_rebuilt() -> bool:
            return (UUID(club), head) in rebuild.done

        await eventually(is_rebuilt)


@pytest.mark.parametrize("decision", ["retry", "skip"])
async def test_a_stream_halts_before_a_rebuild_that_fails_with_on_failure_stop(
    pruned: str, container: Container, connection: Connection, decision: str
) -> None:
    rebuild = Rebuilding(is_broken=True)
    async with process(container, noting(start="first", on_failure="stop", rebuild=rebuild)):
        await until(connection, _IS_HALTED)
        assert await texts(connection, pruned) == []
        if decision == "retry":
            rebuild.is_broken = False
            assert await operating.retry(connection, "noting", UUID(pruned)) == 1
        else:
            assert await operating.skip_events(connection, "noting", UUID(pruned)) == [4]
        await until_noted(connection, pruned, ["3"])
    assert rebuild.done == ([(UUID(pruned), 4)] if decision == "retry" else [])


@pytest.mark.parametrize("on_failure", ["skip", "stop"])
async def test_a_stream_stays_rebuilt_if_its_next_event_fails(
    pruned: str, container: Container, connection: Connection, on_failure: str
) -> None:
    async def rebuild(context: SubscriberContext, stream_id: UUID, through_seq: int) -> None:
        await context.connection.execute(
            "INSERT INTO noted (subscriber, stream_id, seq, text) VALUES ('noting', $1, $2, 'rebuilt')",
            stream_id,
            through_seq,
        )

    async def handle(context: SubscriberContext, events: Sequence[Event]) -> None:
        raise ValueError("broken")

    subscriber = Subscriber("noting", ("message.created",), handle, "first", on_failure, rebuild)  # type: ignore[arg-type]
    async with process(container, subscriber):
        await until(connection, _IS_HALTED if on_failure == "stop" else "SELECT count(*) FROM subscriber_failure")
    assert await texts(connection, pruned) == ["rebuilt"]
