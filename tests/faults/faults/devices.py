"""Devices that stop reading, and many devices that reconnect at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.fault import Fault, Scene
from tests.faults.load.device import Device

_STOPPED = 5
_RECONNECT_DEADLINE = 180.0
"""Seconds. The load and the servers share two cores, and a storm occupies both."""


@asynccontextmanager
async def _more_devices(scene: Scene, count: int, *, from_the_start: bool) -> AsyncIterator[list[Device]]:
    """Additional devices of the same users."""
    clients = scene.workload.clients
    devices = []
    for number in range(count):
        client = clients[number % len(clients)] if count > len(clients) else scene.random.choice(clients)
        cursors = None if from_the_start else dict(client.device.cursors)
        name = f"{client.device.name}, {next(scene.numbers)}"
        devices.append(Device(name, client.user, scene.history, cursors))
    staying = [asyncio.create_task(device.stay_connected()) for device in devices]
    try:
        async with asyncio.timeout(_RECONNECT_DEADLINE):
            await asyncio.gather(*(device.connected.wait() for device in devices))
        yield devices
    finally:
        for task in staying:
            task.cancel()
        await asyncio.gather(*staying, return_exceptions=True)


class StoppedReading(Fault):
    """Each device asks for all events from the beginning, and reads none of the response."""

    name = "stopped-reading"
    title = "Sockets that stop reading"
    times = 2
    seconds = (20.0, 3.0)

    async def happen(self, scene: Scene) -> None:
        async with _more_devices(scene, _STOPPED, from_the_start=True) as devices:
            for device in devices:
                device.read(on=False)
            await asyncio.sleep(self.lasts(scene))
            for device in devices:
                device.read(on=True)


class Storm(Fault):
    """All devices lose their connections at the same moment and reconnect."""

    name = "storm"
    title = "1,000 devices (100 in the short form) reconnect at once"
    times = 2
    seconds = (2.0, 0.5)

    async def happen(self, scene: Scene) -> None:
        count = 100 if scene.is_short else 1_000
        async with _more_devices(scene, count, from_the_start=False) as devices:
            for wire in scene.cluster.wires["front"]:
                wire.reset()
            await asyncio.sleep(self.lasts(scene))
            async with asyncio.timeout(_RECONNECT_DEADLINE):
                await asyncio.gather(*(device.connected.wait() for device in devices))


FAULTS = [StoppedReading(), Storm()]
