"""What every driver of the bus guarantees, and what the driver for several processes does in addition."""

# Longer than 250 lines: the guarantees of all drivers and those of one share their fixtures.

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.adapters.base.bus import MAX_SIGNAL, Bus
from app.adapters.clients.bus import MemoryBus, PostgresBus, make_bus
from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.settings.streams_settings import BusDriver
from tests.fakers import eventually

CHAT, OTHER = uuid4(), uuid4()


class BusRecorder:
    """Records everything that one bus delivers."""

    def __init__(self, bus: Bus) -> None:
        self.heads: dict[UUID, int] = {}
        self.calls = 0
        self.signals: list[dict[str, Any]] = []
        self.notifications: list[dict[str, Any]] = []
        self.returns = 0
        bus.on_stream_heads(self._deliver_stream_heads)
        bus.on_signal(lambda signal: self.signals.append(dict(signal)))
        bus.on_notification("session.ended", lambda data: self.notifications.append(dict(data)))
        bus.on_reconnect(self._report_reconnect)

    async def until(self, condition: Callable[[], bool]) -> None:
        async def is_satisfied() -> bool:
            return condition()

        await eventually(is_satisfied)

    def _deliver_stream_heads(self, heads: Any) -> None:
        self.calls += 1
        self.heads |= heads

    def _report_reconnect(self) -> None:
        self.returns += 1


@pytest.fixture
def database(database_address: DatabaseAddress) -> Database:
    return Database(database_address)


@asynccontextmanager
async def connected(
    database: Database, driver: BusDriver = BusDriver.POSTGRES
) -> AsyncIterator[tuple[Bus, BusRecorder]]:
    """A bus as a process has it, once it is connected to the others."""
    bus = make_bus(driver, database)
    recorder = BusRecorder(bus)
    async with bus.connected():
        if driver is BusDriver.POSTGRES:
            await recorder.until(lambda: recorder.returns == 1)
        yield bus, recorder


@asynccontextmanager
async def two_processes(database: Database) -> AsyncIterator[tuple[Bus, BusRecorder]]:
    """Two buses: the first notifies, the second listens."""
    async with AsyncExitStack() as stack:
        (sender, _), (_, receiver) = [await stack.enter_async_context(connected(database)) for _ in range(2)]
        yield sender, receiver


@pytest.mark.parametrize("driver", BusDriver)
async def test_the_notifying_process_receives_its_own_notification_at_once(
    driver: BusDriver, database: Database
) -> None:
    async with connected(database, driver) as (bus, recorder):
        bus.notify_stream(CHAT, 7)
        bus.signal({"kind": "typing", "имя": "Анна"})
        assert recorder.heads == {CHAT: 7}
        assert recorder.signals == [{"kind": "typing", "имя": "Анна"}]


@pytest.mark.parametrize("driver", BusDriver)
async def test_a_process_receives_its_own_notification_only_once(driver: BusDriver, database: Database) -> None:
    async with connected(database, driver) as (bus, recorder), connected(database) as (_, witness):
        bus.signal({"kind": "typing"})
        if driver is BusDriver.POSTGRES:
            await witness.until(lambda: bool(witness.signals))
        assert recorder.signals == [{"kind": "typing"}]


@pytest.mark.parametrize("driver", BusDriver)
async def test_a_signal_that_is_too_large_is_dropped(driver: BusDriver, database: Database) -> None:
    overhead = len('{"text":""}')
    async with connected(database, driver) as (bus, recorder):
        bus.signal({"text": "я" * MAX_SIGNAL})
        bus.signal({"text": "a" * (MAX_SIGNAL - overhead)})
    assert [len(signal["text"]) for signal in recorder.signals] == [MAX_SIGNAL - overhead]


@pytest.mark.parametrize("driver", BusDriver)
async def test_notifications_before_the_start_and_after_the_end_are_harmless(
    driver: BusDriver, database: Database
) -> None:
    bus = make_bus(driver, database)
    bus.notify_stream(CHAT, 1)
    async with bus.connected():
        bus.notify_stream(CHAT, 2)
    bus.notify_stream(CHAT, 3)
    bus.signal({"kind": "typing"})


async def test_the_driver_is_chosen_by_its_name(database: Database) -> None:
    assert isinstance(make_bus(BusDriver.MEMORY, database), MemoryBus)
    assert isinstance(make_bus(BusDriver.POSTGRES, database), PostgresBus)


async def test_processes_of_one_database_receive_each_others_notifications(database: Database) -> None:
    async with two_processes(database) as (sender, receiver):
        sender.notify_stream(CHAT, 2**62)
        sender.notify_stream(OTHER, 1)
        sender.signal({"kind": "typing", "имя": "Борис 🐻"})
        await receiver.until(lambda: len(receiver.heads) == 2 and bool(receiver.signals))
        assert receiver.heads == {CHAT: 2**62, OTHER: 1}
        assert receiver.signals == [{"kind": "typing", "имя": "Борис 🐻"}]


@pytest.mark.parametrize("driver", BusDriver)
async def test_a_notification_is_no_signal_and_goes_to_its_topic_alone(driver: BusDriver, database: Database) -> None:
    async with connected(database, driver) as (bus, recorder):
        bus.notify("session.ended", {"session_id": "1"})
        bus.notify("another.topic", {"session_id": "2"})
        bus.notify("session.ended", {"session_id": "я" * MAX_SIGNAL})
        assert recorder.notifications == [{"session_id": "1"}]
        assert recorder.signals == []


async def test_processes_notify_each_other(database: Database) -> None:
    async with two_processes(database) as (sender, receiver):
        for number in range(100):
            sender.notify("session.ended", {"number": number})
        await receiver.until(lambda: len(receiver.notifications) == 100)
        assert [notification["number"] for notification in receiver.notifications] == list(range(100))
        assert receiver.signals == []


async def test_notifications_of_one_moment_are_merged(database: Database) -> None:
    async with two_processes(database) as (sender, receiver):
        for seq in range(1, 1001):
            sender.notify_stream(CHAT, seq)
        await receiver.until(lambda: receiver.heads.get(CHAT) == 1000)
        assert receiver.calls == 1


async def test_ten_thousand_notifications_at_once_all_arrive(database: Database) -> None:
    chats = [uuid4() for _ in range(10_000)]
    async with two_processes(database) as (sender, receiver):
        for chat in chats:
            sender.notify_stream(chat, 5)
        await receiver.until(lambda: len(receiver.heads) == len(chats))
        assert set(receiver.heads) == set(chats)


async def test_signals_of_full_size_all_arrive_in_their_order(database: Database) -> None:
    async with two_processes(database) as (sender, receiver):
        for number in range(100):
            sender.signal({"number": number, "text": "a" * 960})
        await receiver.until(lambda: len(receiver.signals) == 100)
        assert [signal["number"] for signal in receiver.signals] == list(range(100))


async def test_a_lost_connection_is_reopened(database: Database) -> None:
    async with connected(database) as (sender, _), connected(database) as (_, receiver):
        for round_ in range(1, 4):
            assert await end_connections(database.address) == 2
            await receiver.until(lambda round_=round_: receiver.returns == 1 + round_)  # type: ignore[misc]

            async def is_received(round_: int = round_) -> bool:
                sender.notify_stream(CHAT, round_)
                return receiver.heads.get(CHAT) == round_

            await eventually(is_received)


async def test_a_start_waits_for_an_unavailable_server(database: Database) -> None:
    is_there = False

    async def connect() -> Any:
        if not is_there:
            raise ConnectionRefusedError
        return await database.connect()

    bus = PostgresBus(connect)
    recorder = BusRecorder(bus)
    async with bus.connected(), connected(database) as (other, _):
        other.notify_stream(CHAT, 1)
        assert recorder.returns == 0
        is_there = True
        await recorder.until(lambda: recorder.returns == 1)


async def test_a_server_that_ends_every_connection_gets_few_attempts(database: Database) -> None:
    attempts = 0

    async def connect() -> Any:
        nonlocal attempts
        attempts += 1
        connection = await database.connect()
        asyncio.get_running_loop().call_later(0.01, connection.terminate)
        return connection

    async with PostgresBus(connect).connected():
        await asyncio.sleep(1)
    assert 1 < attempts < 10


async def test_a_silent_connection_is_replaced(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that drops everything ends no connection: no data arrives, and no error."""
    monkeypatch.setattr("app.adapters.clients.bus.postgres._TEST_AFTER", 0.2)
    async with swallowing_network(database) as (connect, swallow):
        bus = PostgresBus(connect)
        recorder = BusRecorder(bus)
        async with bus.connected(), connected(database) as (other, _):
            await recorder.until(lambda: recorder.returns == 1)
            swallow()
            await recorder.until(lambda: recorder.returns == 2)

            async def is_received() -> bool:
                other.notify_stream(CHAT, 3)
                return CHAT in recorder.heads

            await eventually(is_received)


@asynccontextmanager
async def swallowing_network(
    database: Database,
) -> AsyncIterator[tuple[Callable[[], Any], Callable[[], None]]]:
    """A proxy to the server. Its present connections can be made to drop everything."""
    swallowed: set[asyncio.StreamWriter] = set()
    present: set[asyncio.StreamWriter] = set()
    carrying: set[asyncio.Task[None]] = set()
    address = database.address

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        present.add(writer)
        while data := await reader.read(65_536):
            if writer not in swallowed:
                writer.write(data)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if address.host.startswith("/"):
            opening = asyncio.open_unix_connection(f"{address.host}/.s.PGSQL.{address.port}")
        else:
            opening = asyncio.open_connection(address.host, address.port)
        back_reader, back_writer = await opening
        carrying.update(asyncio.ensure_future(carry(*pair)) for pair in ((reader, back_writer), (back_reader, writer)))

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    arguments = {**address.connect_arguments(), "host": "127.0.0.1", "port": port}
    try:
        yield partial(asyncpg.connect, **arguments), lambda: swallowed.update(present)
    finally:
        listener.close()
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)
        for writer in present:
            writer.transport.abort()


async def end_connections(address: DatabaseAddress) -> int:
    """Terminate the connections that listen, as an administrator would. Returns how many there were."""
    connection = await asyncpg.connect(**address.connect_arguments())
    try:
        return len(
            await connection.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'messenger bus' AND datname = current_database()"
            )
        )
    finally:
        await connection.close()
