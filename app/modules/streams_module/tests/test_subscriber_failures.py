"""Failures of subscribers: their effect on the event, on its stream, and on other streams and subscribers."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext, hold_streams
from app.modules.streams_module.services.subscribers import finding, handling, operating, sweep
from app.modules.streams_module.services.subscribers.inspecting import KEEPING_UP
from app.modules.streams_module.services.subscribers.retrying import retry_failure
from app.modules.streams_module.tests.recording_subscriber import noting, process, texts, until_noted
from app.settings import Settings
from app.utils.container import Container
from app.utils.metrics import REGISTRY
from tests.fakers import FakeClient, eventually
from tests.manage import manage
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("short_backoff")

_CORRECT = """
UPDATE event SET data = jsonb_set(data::jsonb, '{text}', to_jsonb('corrected'::text))::json
WHERE stream_id = $1 AND seq = $2
"""


async def test_a_failing_event_is_set_aside_and_can_be_retried(
    anna: FakeClient, club: str, container: Container, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "_MEASURE", 0)

    async def is_measured(events: int) -> bool:
        name = "messenger_subscriber_events_set_aside"
        return REGISTRY.get_sample_value(name, {"subscriber": "noting"}) == events

    other = await anna.open_chat(title="Другой чат")
    async with process(container, noting()):
        for text in ("1", "fail", "2"):
            await anna.send(club, text)
        await anna.send(other, "goes on")
        await until_noted(connection, other, ["goes on"])
        await until_noted(connection, club, ["1", "2"])
        (failure,) = await connection.fetch("SELECT * FROM subscriber_failure")
        assert (failure["subscriber"], str(failure["stream_id"])) == ("noting", club)
        assert "fail" in failure["error"]
        (status,) = [each for each in await operating.list_subscribers(connection) if each.name == "noting"]
        assert (status.failures, status.streams_halted) == (1, 0)
        await eventually(lambda: is_measured(1))
        # A retry gets the event as it is stored now.
        await connection.execute(_CORRECT, failure["stream_id"], failure["seq"])
        assert await operating.retry(connection, "noting", None) == 1
        await until_noted(connection, club, ["1", "2", "corrected"])
        assert await connection.fetchval("SELECT count(*) FROM subscriber_failure") == 0
        await eventually(lambda: is_measured(0))


async def test_an_event_is_not_retried_while_another_one_of_its_stream_is_handled(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    database, subscriber = container.get(Database), noting()
    async with process(container, subscriber):
        for text in ("fail", "2"):
            await anna.send(club, text)
        await until_noted(connection, club, ["2"])
    (failure,) = await operating.list_failures(connection)
    await connection.execute(_CORRECT, failure.stream_id, failure.seq)
    await operating.retry(connection, "noting", None)
    async with open_unit_of_work(database) as work:
        # As another process does that handles events.
        assert await hold_streams(work, subscriber, [UUID(club)])
        assert not await retry_failure(database, container, {"noting": subscriber})
    assert await retry_failure(database, container, {"noting": subscriber})
    await until_noted(connection, club, ["2", "corrected"])


async def test_events_after_one_that_was_set_aside_do_not_wait_for_the_sweep(
    anna: FakeClient, club: str, container: Container, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    # After its first slice the sweep pauses for minutes, as it does where there are many streams.
    monkeypatch.setattr(sweep, "_SHARE", 1_000_000)
    async with process(container, noting()):
        for text in ("1", "fail", "2"):
            await anna.send(club, text)
        await until_noted(connection, club, ["1", "2"])


async def test_each_event_that_fails_alone_is_handled_once_per_attempt(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    calls = 0

    async def handle(context: SubscriberContext, events: Sequence[Event]) -> None:
        nonlocal calls
        calls += 1
        raise ValueError

    async with process(container, Subscriber("failing", ("message.created",), handle)):
        for sent in (1, 2):
            await anna.send(club, "alone")
            await until(connection, "SELECT count(*) = $1 FROM subscriber_failure", sent)
            assert calls == sent * (len(handling.BACKOFF) + 1)


async def test_others_handle_a_long_stream_while_one_subscriber_has_halted_in_it(
    anna: FakeClient, club: str, container: Container, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (finding, handling):
        monkeypatch.setattr(module, "EVENTS_AT_ONCE", 3)
    async with process(container, noting("halting", on_failure="stop"), noting()):
        expected = ["1", "fail", *map(str, range(2, 12))]
        for text in expected:
            await anna.send(club, text)
        await until_noted(connection, club, expected[:1], "halting")
        await until_noted(connection, club, [text for text in expected if text != "fail"])


async def test_a_statement_timeout_delays_only_its_stream_and_subscriber(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    """The cause may be a lock or a large table. It may pass, so the event is not set aside."""
    other = await anna.open_chat(title="Другой чат")
    is_slow = True
    noting_slow = noting("a slow one")

    async def handle(context: SubscriberContext, events: Sequence[Event]) -> None:
        await noting_slow.handle(context, events)
        if is_slow and any(event.data["text"] == "slow" for event in events):
            await context.connection.execute("SET LOCAL statement_timeout = 10")
            await context.connection.execute("SELECT pg_sleep(10)")

    async with process(container, Subscriber("a slow one", ("message.created",), handle), noting()):
        for text in ("1", "slow", "2"):
            await anna.send(club, text)
        await anna.send(other, "goes on")
        await until_noted(connection, club, ["1", "slow", "2"])
        await until_noted(connection, other, ["goes on"])
        await until_noted(connection, other, ["goes on"], "a slow one")
        await until(connection, "SELECT max(attempts) > 4 FROM subscriber_cursor")
        assert await texts(connection, club, "a slow one") == ["1"]
        is_slow = False
        await until_noted(connection, club, ["1", "slow", "2"], "a slow one")
        assert await operating.list_failures(connection) == []
        # The next failure is a first one again.
        assert await connection.fetchval("SELECT max(attempts) FROM subscriber_cursor") == 0


async def test_a_stream_halts_at_a_failing_event_with_on_failure_stop(
    anna: FakeClient, club: str, container: Container, connection: Connection
) -> None:
    other = await anna.open_chat(title="Другой чат")
    async with process(container, noting(on_failure="stop")):
        for text in ("1", "fail", "2"):
            await anna.send(club, text)
        await until(connection, "SELECT count(*) FROM subscriber_cursor WHERE is_halted")
        await anna.send(other, "goes on")
        await until_noted(connection, other, ["goes on"])
        assert await texts(connection, club) == ["1"]
        assert len(await operating.skip_events(connection, "noting", UUID(club))) == 1
        await until_noted(connection, club, ["1", "2"])
        assert await operating.list_failures(connection) == []


async def test_a_subscriber_that_is_behind_is_reported(
    anna: FakeClient,
    club: str,
    container: Container,
    connection: Connection,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The lag in events and seconds is shown to the operator, in the metrics, and by `doctor` after five minutes."""
    monkeypatch.setattr(sweep, "_MEASURE", 0)

    def measured(metric: str) -> float | None:
        return REGISTRY.get_sample_value(f"messenger_subscriber_lag_{metric}", {"subscriber": "noting"})

    async with process(container, noting(on_failure="stop")):
        for text in ("fail", "1", "2"):
            await anna.send(club, text)
        await connection.execute("UPDATE event SET at = at - interval '10 minutes'")

        async def is_measured() -> bool:
            halted = await connection.fetchval("SELECT count(*) FROM subscriber_cursor WHERE is_halted")
            return halted == 1 and measured("events") == 3 and (measured("seconds") or 0) > 600

        await eventually(is_measured, 60)
        (status,) = [each for each in await operating.list_subscribers(connection) if each.name == "noting"]
        assert status.events_behind == 3
        assert status.seconds_behind > 600
        found = await KEEPING_UP.find(settings, connection)
        assert any(line.startswith(f"{club}: noting is 3 events behind") for line in found)
        assert len(await operating.skip_events(connection, "noting", UUID(club))) == 1
        await until_noted(connection, club, ["1", "2"])

        async def has_caught_up() -> bool:
            return (measured("events"), measured("seconds")) == (0, 0)

        await eventually(has_caught_up, 20)
        assert not any("noting" in line for line in await KEEPING_UP.find(settings, connection))


async def test_a_misspelled_subscriber_is_refused(
    container: Container, connection: Connection, database_address: DatabaseAddress
) -> None:
    async with process(container, noting()):
        pass
    stream = str(uuid4())
    for command in (["retry", "notting"], ["reset", "notting"], ["skip", "notting", stream]):
        refused = await manage(database_address, "subscribers", *command)
        assert (refused.exit_code, "no subscriber 'notting'; known: " in refused.stderr) == (2, True), refused.output
        assert "noting" in refused.stderr
    assert (await manage(database_address, "subscribers", "retry", "noting")).exit_code == 0
