"""Outages of the bus between the servers."""

import asyncio

from app.settings.streams_settings import BusDriver
from tests.bus_outage import interrupt_bus
from tests.faults.fault import Fault, Scene


class BusInterrupted(Fault):
    """The LISTEN connections are terminated again and again."""

    name = "bus-interrupted"
    title = "The bus disconnected"
    times = 1
    seconds = (60.0, 4.0)
    bus = BusDriver.POSTGRES

    async def happen(self, scene: Scene) -> None:
        await interrupt_bus(scene.cluster.address, self.lasts(scene))


class NatsKilled(Fault):
    name = "nats-killed"
    title = "SIGKILL of NATS"
    times = 20
    seconds = (3.0, 1.0)
    needs_wires = False
    bus = BusDriver.NATS

    async def happen(self, scene: Scene) -> None:
        nats = scene.cluster.nats
        assert nats is not None
        await asyncio.to_thread(nats.kill)
        await asyncio.sleep(self.lasts(scene))
        await asyncio.to_thread(nats.start)


class NatsFrozen(Fault):
    """Its connections stay open, and nothing is answered."""

    name = "nats-frozen"
    title = "NATS frozen (SIGSTOP)"
    seconds = (15.0, 3.0)
    needs_wires = False
    bus = BusDriver.NATS

    async def happen(self, scene: Scene) -> None:
        nats = scene.cluster.nats
        assert nats is not None
        with nats.frozen():
            await asyncio.sleep(self.lasts(scene))


FAULTS = [BusInterrupted(), NatsKilled(), NatsFrozen()]
