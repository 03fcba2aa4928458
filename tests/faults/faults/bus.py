"""The doorbell between the servers is gone: the connections that hear it are ended again and again."""

from tests.doorbell import silence
from tests.faults.fault import Fault, Scene


class DoorbellGone(Fault):
    name = "doorbell-gone"
    title = "The bus disconnected"
    times = 1
    seconds = (60.0, 4.0)

    async def happen(self, scene: Scene) -> None:
        await silence(scene.cluster.address, self.lasts(scene))


FAULTS = [DoorbellGone()]
