"""Another transaction locks rows that all requests need: the servers' connections wait, and their pools run out."""

import asyncio

from tests.faults.fault import Fault, Scene

# In the order of the application, and as strong as there: otherwise this transaction takes part in a deadlock.
_LOCKS = (
    "SELECT FROM stream WHERE id IN (SELECT id FROM chat) ORDER BY id FOR NO KEY UPDATE",
    "SELECT FROM stream WHERE id IN (SELECT id FROM account) ORDER BY id FOR NO KEY UPDATE",
)


class PoolHeld(Fault):
    name = "pool-held"
    title = "The connection pool held by waiting queries"

    async def happen(self, scene: Scene) -> None:
        connection = await scene.cluster.connect()
        try:
            async with connection.transaction():
                for lock in _LOCKS:
                    await connection.execute(lock)
                await asyncio.sleep(self.lasts(scene))
        finally:
            connection.terminate()


FAULTS = [PoolHeld()]
