"""What is sent though the connection of the sender is lost, or the sender ends."""

import asyncio
from uuid import uuid4

import pytest

from app.settings.streams_settings import BusDriver
from tests.adapters.buses import BusServer, connected, over_nats, over_postgres, processes
from tests.wire import wire_to


@pytest.fixture(params=(BusDriver.POSTGRES, BusDriver.NATS))
def server(request: pytest.FixtureRequest) -> BusServer:
    """A server that connects processes."""
    if request.param is BusDriver.NATS:
        return over_nats(request.getfixturevalue("nats_server"))
    return over_postgres(request.getfixturevalue("database_address"))


async def test_a_notification_that_was_lost_with_the_connection_is_sent_again(server: BusServer) -> None:
    """The receivers stay connected, so they do not notice that they have missed one."""
    async with (
        wire_to(server.host, server.port) as wire,
        processes(server.bus(wire), server.bus()) as ((sender, own), (_, receiver)),
    ):
        wire.forget()
        sender.notify("session.ended", {"number": 1})
        await asyncio.sleep(0.2)
        wire.reset()
        await own.until(lambda: own.returns == 2)
        sender.notify("session.ended", {"number": 2})
        await receiver.until(lambda: len(receiver.notifications) == 2)
        assert [one["number"] for one in receiver.notifications] == [1, 2]
        assert receiver.returns == 1


async def test_so_are_the_heads_of_streams(server: BusServer) -> None:
    stream_id = uuid4()
    async with (
        wire_to(server.host, server.port) as wire,
        processes(server.bus(wire), server.bus()) as ((sender, own), (_, receiver)),
    ):
        wire.forget()
        sender.notify_stream(stream_id, 7)
        await asyncio.sleep(0.2)
        wire.reset()
        await own.until(lambda: own.returns == 2)
        await receiver.until(lambda: receiver.heads.get(stream_id) == 7)


async def test_what_a_process_announces_last_is_sent_before_it_ends(server: BusServer) -> None:
    stream_id = uuid4()
    async with connected(server.bus()) as (_, receiver):
        async with connected(server.bus()) as (sender, _):
            sender.notify_stream(stream_id, 7)
            sender.notify("session.ended", {"number": 1})
        await receiver.until(lambda: receiver.heads == {stream_id: 7} and receiver.notifications == [{"number": 1}])


async def test_so_is_what_it_announces_while_other_messages_are_being_sent(server: BusServer) -> None:
    async with connected(server.bus()) as (_, receiver), wire_to(server.host, server.port) as wire:
        async with connected(server.bus(wire)) as (sender, _):
            wire.latency = 0.1
            sender.notify("session.ended", {"number": 1})
            # It arrives before the sender has the answer of the server.
            await receiver.until(lambda: len(receiver.notifications) == 1)
            sender.notify("session.ended", {"number": 2})
        await receiver.until(lambda: len(receiver.notifications) == 2)


async def test_a_process_ends_though_what_it_announces_last_cannot_be_sent(server: BusServer) -> None:
    async with (
        asyncio.timeout(30),
        wire_to(server.host, server.port) as wire,
        connected(server.bus(wire)) as (sender, _),
    ):
        wire.cut()
        sender.notify_stream(uuid4(), 7)
