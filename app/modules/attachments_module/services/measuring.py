"""Periodic measurement of the disk with the files."""

import asyncio

from app.modules.attachments_module.services import metrics
from app.modules.attachments_module.services.store import FileStore

_PERIOD = 30.0


async def keep_measuring(store: FileStore) -> None:
    """Sets the metrics of the disk, until cancelled. While the folder is not there, they keep their last values."""
    while True:
        measured = await store.measure_disk()
        if measured is not None:
            free, total = measured
            metrics.STORE_BYTES.labels("free").set(free)
            metrics.STORE_BYTES.labels("total").set(total)
        await asyncio.sleep(_PERIOD)
