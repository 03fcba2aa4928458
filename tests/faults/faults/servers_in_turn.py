"""Server processes are killed one after the other, before the others notice what each left behind."""

import asyncio

from tests.faults.fault import Fault, Scene

_EVERY = 5.0
"""Seconds from one kill to the next."""


class ServersKilledInTurn(Fault):
    name = "servers-killed-in-turn"
    title = "SIGKILL of one server after the other, every 5 s"
    times = 1
    seconds = (300.0, 30.0)
    needs_wires = False
    kills = True

    async def happen(self, scene: Scene) -> None:
        servers = scene.cluster.servers
        for number in range(round(self.lasts(scene) / _EVERY)):
            server = servers[number % len(servers)]
            # It may still be starting.
            await server.kill()
            server.process.start()
            await asyncio.sleep(_EVERY)
        for server in servers:
            await server.until_ready()


FAULTS = [ServersKilledInTurn()]
