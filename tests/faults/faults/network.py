"""Faults of the network between clients, servers and what servers use, by wires (tests/wire.py)."""

import asyncio
from abc import abstractmethod

from app.settings.streams_settings import BusDriver
from tests.faults.fault import DatabaseIs, Fault, Scene
from tests.wire import Wire

_SIDES = {
    "front": "clients and servers",
    "back": "servers and database",
    "bus": "servers and NATS",
    "replica": "servers and replica",
}


class _Network(Fault):
    """A fault that acts on all wires of one side, and restores them."""

    times = 2
    what: str
    about: str

    def __init__(self, side: str) -> None:
        self.name = f"{side}-{self.what}"
        self.title = f"{self.about}, {_SIDES[side]}"
        self._side = side
        self.bus = BusDriver.NATS if side == "bus" else None
        self.acts_on_replica = self.spares_the_rest = side == "replica"

    async def happen(self, scene: Scene) -> None:
        wires = scene.cluster.wires[self._side]
        try:
            await self.trouble(wires, scene)
        finally:
            for wire in wires:
                await wire.restore()

    @abstractmethod
    async def trouble(self, wires: list[Wire], scene: Scene) -> None: ...


class Latency(_Network):
    what, about = "latency", "Latency of 20 to 150 ms"

    async def trouble(self, wires: list[Wire], scene: Scene) -> None:
        for wire in wires:
            wire.latency = scene.random.uniform(0.02, 0.15)
        await asyncio.sleep(self.lasts(scene))


class Resets(_Network):
    what, about = "resets", "Resets of every connection, again and again"
    seconds = (8.0, 2.0)

    async def trouble(self, wires: list[Wire], scene: Scene) -> None:
        for _ in range(int(self.lasts(scene))):
            for wire in wires:
                wire.reset()
            await asyncio.sleep(scene.random.uniform(0.5, 1.5))


class BlackHole(_Network):
    what, about = "black-hole", "A black hole"
    seconds = (30.0, 3.0)

    def __init__(self, side: str) -> None:
        super().__init__(side)
        if side == "back":
            self.database = DatabaseIs.FROZEN

    async def trouble(self, wires: list[Wire], scene: Scene) -> None:
        for wire in wires:
            wire.silence()
        await asyncio.sleep(self.lasts(scene))


class HalfClose(_Network):
    what, about = "half-close", "Half-closed connections"
    seconds = (5.0, 1.0)

    async def trouble(self, wires: list[Wire], scene: Scene) -> None:
        for wire in wires:
            wire.half_close()
        await asyncio.sleep(self.lasts(scene))


class Throttling(_Network):
    what, about = "throttling", "Throttling to 20 kB/s a connection"

    async def trouble(self, wires: list[Wire], scene: Scene) -> None:
        for wire in wires:
            wire.bytes_per_second = 20_000
        await asyncio.sleep(self.lasts(scene))


FAULTS = [kind(side) for kind in (Latency, Resets, BlackHole, HalfClose, Throttling) for side in _SIDES]
