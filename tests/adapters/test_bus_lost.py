"""What is sent again after the connection of the sender was lost."""

import asyncio
from uuid import uuid4

import pytest

from app.settings.streams_settings import BusDriver
from tests.adapters.buses import BusServer, over_nats, over_postgres, processes
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
