"""The doorbell between the servers is gone: the connections that hear it are ended again and again."""

import asyncio

from tests.faults.fault import Fault, Scene

_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'messenger bus'"
_PERIOD = 0.1


class DoorbellGone(Fault):
    name = "doorbell-gone"
    title = "The doorbell gone"
    times = 1
    seconds = (60.0, 4.0)

    async def happen(self, scene: Scene) -> None:
        connection = await scene.cluster.connect()
        try:
            async with asyncio.timeout(self.lasts(scene)):
                while True:
                    await connection.execute(_END)
                    await asyncio.sleep(_PERIOD)
        except TimeoutError:
            pass
        finally:
            connection.terminate()


FAULTS = [DoorbellGone()]
