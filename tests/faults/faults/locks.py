"""Another transaction locks rows that all requests need: the servers' connections wait, and their pools run out."""

import asyncio

from tests.faults.fault import Fault, Scene


class PoolHeld(Fault):
    name = "pool-held"
    title = "The connection pool held by waiting queries"

    async def happen(self, scene: Scene) -> None:
        connection = await scene.cluster.connect()
        try:
            async with connection.transaction():
                await connection.execute("SELECT id FROM stream ORDER BY id FOR UPDATE")
                await asyncio.sleep(self.lasts(scene))
        finally:
            connection.terminate()


FAULTS = [PoolHeld()]
