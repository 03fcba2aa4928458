"""A connection to NATS that breaks while messages are sent, in the event loop of the server."""

import asyncio
import gc
from pathlib import Path

import pytest
import uvloop

from app.adapters.base.bus import Bus
from app.adapters.clients.bus.nats import NatsBus
from app.utils.background import running
from tests.adapters.buses import processes
from tests.nats_server import NatsServer


def test_a_lost_connection_leaves_nothing_behind(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The transports of uvloop refuse to write once they are closed."""
    faults: list[str] = []

    async def lose_connections(server: NatsServer) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(str(context)))
        async with processes(NatsBus([server.url], "messenger")) as ((bus, recorder),), running(keep_sending(bus)):
            for number in range(1, 11):
                # It ends while the event loop is busy: the next batch is written before the end is noticed.
                server.kill()
                await asyncio.to_thread(server.start)
                await recorder.until(lambda number=number: recorder.returns > number)  # type: ignore[misc]
        faults.extend(str(task) for task in asyncio.all_tasks() if "nats/aio" in str(task))

    with NatsServer(tmp_path) as server, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(lose_connections(server))
        gc.collect()
    assert faults == []
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def keep_sending(bus: Bus) -> None:
    while True:
        bus.signal({"kind": "typing", "text": "a" * 900})
        await asyncio.sleep(0)
