"""A process gets only the heads of streams that one of its listeners asks for."""

from uuid import UUID, uuid4

from app.adapters.db.address import DatabaseAddress
from tests.adapters.buses import BusRecorder, connected, over_postgres
from tests.fakers import eventually

CHAT, OTHER = uuid4(), uuid4()


async def test_heads_of_streams_that_no_listener_asks_for_are_not_delivered(database_address: DatabaseAddress) -> None:
    server = over_postgres(database_address)
    receiver, found = server.bus(), dict[UUID, int]()
    receiver.on_stream_heads(found.update, wants={CHAT.int}.__contains__)
    async with connected(server.bus()) as (sender, _), receiver.connected():

        async def arrives() -> bool:
            sender.notify_stream(OTHER, 1)
            sender.notify_stream(CHAT, 2)
            return bool(found)

        await eventually(arrives)
        assert found == {CHAT: 2}
        # One listener without a choice gets all.
        recorder = BusRecorder(receiver)
        sender.notify_stream(OTHER, 3)
        await recorder.until(lambda: recorder.heads.get(OTHER) == 3)
