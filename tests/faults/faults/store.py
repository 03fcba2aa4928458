"""The store of files is unavailable."""

import asyncio

from tests.faults.fault import Fault, Scene


class StoreDown(Fault):
    """The folder of the store is moved, and a file is in its place, as where a disk is not mounted."""

    name = "store-down"
    title = "The store of files unavailable"
    seconds = (8.0, 3.0)
    needs_wires = False
    spares_the_rest = True

    async def happen(self, scene: Scene) -> None:
        folder = scene.cluster.store
        elsewhere = folder.with_name("files elsewhere")
        folder.rename(elsewhere)
        try:
            folder.touch()
            await asyncio.sleep(self.lasts(scene))
        finally:
            folder.unlink()
            elsewhere.rename(folder)


FAULTS = (StoreDown(),)
