"""What every driver of the bus guarantees, and what drivers for several processes guarantee in addition."""

import asyncio
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest

from app.adapters.base.bus import MAX_SIGNAL, Bus
from app.adapters.clients.bus import MemoryBus, PostgresBus, make_bus
from app.adapters.clients.bus.nats import NatsBus
from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.settings.streams_settings import BusDriver
from tests.adapters.buses import (
    BusRecorder,
    BusServer,
    connected,
    over_nats,
    over_postgres,
    processes,
    streams_settings,
)
from tests.fakers import eventually
from tests.wire import wire_to

CHAT, OTHER = uuid4(), uuid4()
REMOTE = (BusDriver.POSTGRES, BusDriver.NATS)


@pytest.fixture(params=REMOTE)
def server(request: pytest.FixtureRequest) -> BusServer:
    """A server that connects processes."""
    return server_for(request.param, request)


def server_for(driver: BusDriver, request: pytest.FixtureRequest) -> BusServer:
    if driver is BusDriver.NATS:
        return over_nats(request.getfixturevalue("nats_server"))
    return over_postgres(request.getfixturevalue("database_address"))


@pytest.fixture(params=BusDriver)
def make(request: pytest.FixtureRequest) -> Iterator[Callable[[], Bus]]:
    """Makes a bus as a process has it."""
    if request.param is BusDriver.MEMORY:
        yield MemoryBus
    else:
        yield server_for(request.param, request).bus


async def test_the_driver_is_chosen_by_its_name(database_address: DatabaseAddress) -> None:
    database = Database(database_address)
    assert isinstance(make_bus(streams_settings(BusDriver.MEMORY), database), MemoryBus)
    assert isinstance(make_bus(streams_settings(BusDriver.POSTGRES), database), PostgresBus)
    assert isinstance(make_bus(streams_settings(BusDriver.NATS, "nats://127.0.0.1"), database), NatsBus)


async def test_the_notifying_process_receives_its_own_notification_at_once(make: Callable[[], Bus]) -> None:
    async with connected(make()) as (bus, recorder):
        bus.notify_stream(CHAT, 7)
        bus.signal({"kind": "typing", "имя": "Анна"})
        assert recorder.heads == {CHAT: 7}
        assert recorder.signals == [{"kind": "typing", "имя": "Анна"}]


async def test_a_process_receives_its_own_notification_also_without_the_server(make: Callable[[], Bus]) -> None:
    bus = make()
    recorder = BusRecorder(bus)
    bus.notify_stream(CHAT, 7)
    bus.notify("session.ended", {"session_id": "1"})
    assert recorder.heads == {CHAT: 7}
    assert recorder.notifications == [{"session_id": "1"}]


async def test_a_signal_that_is_too_large_is_dropped(make: Callable[[], Bus]) -> None:
    overhead = len('{"text":""}')
    async with connected(make()) as (bus, recorder):
        bus.signal({"text": "я" * MAX_SIGNAL})
        bus.signal({"text": "a" * (MAX_SIGNAL - overhead)})
    assert [len(signal["text"]) for signal in recorder.signals] == [MAX_SIGNAL - overhead]


async def test_notifications_before_the_start_and_after_the_end_are_harmless(make: Callable[[], Bus]) -> None:
    bus = make()
    bus.notify_stream(CHAT, 1)
    async with bus.connected():
        bus.notify_stream(CHAT, 2)
    bus.notify_stream(CHAT, 3)
    bus.signal({"kind": "typing"})


async def test_a_notification_is_no_signal_and_goes_to_its_topic_alone(make: Callable[[], Bus]) -> None:
    async with connected(make()) as (bus, recorder):
        bus.notify("session.ended", {"session_id": "1"})
        bus.notify("another.topic", {"session_id": "2"})
        bus.notify("session.ended", {"session_id": "я" * MAX_SIGNAL})
        assert recorder.notifications == [{"session_id": "1"}]
        assert recorder.signals == []


async def test_a_head_says_whether_its_sender_runs_the_same_subscribers(server: BusServer) -> None:
    async with processes(server.bus(), server.bus()) as ((sender, _), (receiver, _)):
        heads: dict[bool, dict[UUID, int]] = {True: {}, False: {}}
        for handled, found in heads.items():
            receiver.on_stream_heads(found.update, own=False, handled=handled)

        async def until(expected: dict[bool, dict[UUID, int]]) -> None:
            async def is_so() -> bool:
                return heads == expected

            await eventually(is_so)

        receiver.handled_by = "0a0a"
        sender.notify_stream(CHAT, 1)
        await until({True: {}, False: {CHAT: 1}})
        sender.handled_by = "0a0a"
        sender.notify_stream(CHAT, 2)
        await until({True: {CHAT: 2}, False: {CHAT: 1}})
        sender.handled_by = "0b0b"
        sender.notify_stream(CHAT, 3)
        await until({True: {CHAT: 2}, False: {CHAT: 3}})


async def test_a_process_receives_its_own_notification_only_once(server: BusServer) -> None:
    async with processes(server.bus(), server.bus()) as ((bus, recorder), (_, witness)):
        bus.signal({"kind": "typing"})
        await witness.until(lambda: bool(witness.signals))
        assert recorder.signals == [{"kind": "typing"}]


async def test_processes_receive_each_others_notifications(server: BusServer) -> None:
    async with processes(server.bus(), server.bus()) as ((sender, _), (_, receiver)):
        sender.notify_stream(CHAT, 2**62)
        sender.notify_stream(OTHER, 1)
        sender.signal({"kind": "typing", "имя": "Борис 🐻"})
        await receiver.until(lambda: len(receiver.heads) == 2 and bool(receiver.signals))
        assert receiver.heads == {CHAT: 2**62, OTHER: 1}
        assert receiver.signals == [{"kind": "typing", "имя": "Борис 🐻"}]


async def test_notifications_arrive_in_the_order_in_which_they_were_sent(server: BusServer) -> None:
    async with processes(server.bus(), server.bus()) as ((sender, _), (_, receiver)):
        for number in range(100):
            sender.notify("session.ended", {"number": number})
        await receiver.until(lambda: len(receiver.notifications) == 100)
        assert [notification["number"] for notification in receiver.notifications] == list(range(100))
        assert receiver.signals == []


async def test_notifications_of_one_moment_are_merged(server: BusServer) -> None:
    async with processes(server.bus(), server.bus()) as ((sender, _), (_, receiver)):
        for seq in range(1, 1001):
            sender.notify_stream(CHAT, seq)
        await receiver.until(lambda: receiver.heads.get(CHAT) == 1000)
        assert receiver.calls == 1


async def test_ten_thousand_notifications_at_once_all_arrive(server: BusServer) -> None:
    chats = [uuid4() for _ in range(10_000)]
    async with processes(server.bus(), server.bus()) as ((sender, _), (_, receiver)):
        for chat in chats:
            sender.notify_stream(chat, 5)
        await receiver.until(lambda: len(receiver.heads) == len(chats))
        assert set(receiver.heads) == set(chats)


async def test_signals_of_full_size_all_arrive_in_their_order(server: BusServer) -> None:
    async with processes(server.bus(), server.bus()) as ((sender, _), (_, receiver)):
        for number in range(1000):
            sender.signal({"number": number, "text": "a" * 960})
        await receiver.until(lambda: len(receiver.signals) == 1000)
        assert [signal["number"] for signal in receiver.signals] == list(range(1000))


async def test_a_lost_connection_is_reopened(server: BusServer) -> None:
    async with (
        wire_to(server.host, server.port) as wire,
        processes(server.bus(), server.bus(wire)) as ((sender, _), (bus, receiver)),
    ):
        for round_ in range(1, 4):
            wire.reset()
            await receiver.until(lambda round_=round_: receiver.returns == 1 + round_)  # type: ignore[misc]
            await until_received(sender, receiver, round_)
        assert bus.unavailable_because is None


async def test_messages_that_were_sent_during_an_outage_arrive_after_it(server: BusServer) -> None:
    async with (
        wire_to(server.host, server.port) as wire,
        processes(server.bus(wire), server.bus()) as ((sender, own), (_, receiver)),
    ):
        wire.cut()
        await own.until(lambda: sender.unavailable_because is not None)
        sender.notify_stream(CHAT, 5)
        sender.notify_stream(CHAT, 6)
        await wire.restore()
        await receiver.until(lambda: receiver.heads == {CHAT: 6})


async def test_a_start_waits_for_an_unavailable_server(server: BusServer) -> None:
    async with wire_to(server.host, server.port) as wire, connected(server.bus()) as (other, _):
        wire.cut()
        bus = server.bus(wire)
        recorder = BusRecorder(bus)
        async with bus.connected():
            other.notify_stream(CHAT, 1)
            await recorder.until(lambda: "not connected yet" not in str(bus.unavailable_because))
            assert recorder.returns == 0
            await wire.restore()
            await recorder.until(lambda: recorder.returns == 1)
            assert bus.unavailable_because is None


async def test_a_server_that_ends_every_connection_gets_few_attempts(server: BusServer) -> None:
    async with wire_to(server.host, server.port) as wire:
        bus = server.bus(wire)
        recorder = BusRecorder(bus)

        def end_soon() -> None:
            asyncio.get_running_loop().call_later(0.01, wire.reset)

        bus.on_reconnect(end_soon)
        async with bus.connected():
            await asyncio.sleep(1)
            await recorder.until(lambda: recorder.returns > 1)
    assert recorder.returns < 10


async def test_a_silent_connection_is_replaced(server: BusServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that drops everything ends no connection: no data arrives, and no error."""
    monkeypatch.setattr("app.adapters.clients.bus.remote._TEST_AFTER", 1.0)
    async with (
        wire_to(server.host, server.port) as wire,
        processes(server.bus(), server.bus(wire)) as ((other, _), (_, recorder)),
    ):
        wire.forget()
        await recorder.until(lambda: recorder.returns >= 2)
        await until_received(other, recorder, 3)


async def until_received(sender: Bus, receiver: BusRecorder, seq: int) -> None:
    async def is_received() -> bool:
        sender.notify_stream(CHAT, seq)
        return receiver.heads.get(CHAT) == seq

    await eventually(is_received)
