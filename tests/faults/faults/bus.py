"""The doorbell between the servers is gone: the connections that hear it are ended again and again."""

import asyncio

from tests.doorbell import silenced
from tests.faults.fault import Fault, Scene


class DoorbellGone(Fault):
    name = "doorbell-gone"
    title = "The doorbell gone"
    times = 1
    seconds = (60.0, 4.0)

    async def happen(self, scene: Scene) -> None:
        async with silenced(scene.cluster.address):
            await asyncio.sleep(self.lasts(scene))


FAULTS = [DoorbellGone()]
