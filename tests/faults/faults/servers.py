"""Server processes end and start again."""

import asyncio

from tests.faults.fault import Fault, Scene
from tests.faults.history import RESTART


class ServerKilled(Fault):
    name = "server-killed"
    title = "SIGKILL of a server"
    times = 20
    seconds = (1.0, 0.2)
    needs_wires = False
    kills = True

    async def happen(self, scene: Scene) -> None:
        server = scene.random.choice(scene.cluster.servers)
        await server.kill()
        await asyncio.sleep(self.lasts(scene))
        await server.start()


class RollingRestart(Fault):
    """Servers restart one after the other, as for an upgrade. Clients see 1012, and repeat some requests."""

    name = RESTART
    title = "Rolling restart"
    times = 2
    needs_wires = False

    async def happen(self, scene: Scene) -> None:
        for server in scene.cluster.servers:
            await server.stop()
            await server.start()


FAULTS = [ServerKilled(), RollingRestart()]
