"""Periodic measurement of the disk with the files."""

import asyncio
import shutil
from contextlib import suppress

from app.modules.attachments_module.services import metrics
from app.modules.attachments_module.services.store import folder_of
from app.modules.attachments_module.settings import AttachmentSettings

_PERIOD = 30.0


async def keep_measuring(settings: AttachmentSettings) -> None:
    """Sets the metrics of the disk, until cancelled. While the folder is not there, they keep their last values."""
    while True:
        measured = await measure_disk(settings)
        if measured is not None:
            free, total = measured
            metrics.STORE_BYTES.labels("free").set(free)
            metrics.STORE_BYTES.labels("total").set(total)
        await asyncio.sleep(_PERIOD)


async def measure_disk(settings: AttachmentSettings) -> tuple[int, int] | None:
    """Returns the free and all bytes of the folder's disk. None for S3, and while the folder is not there."""
    folder = folder_of(settings)
    if folder is not None:
        with suppress(OSError):
            usage = await asyncio.to_thread(shutil.disk_usage, folder)
            return usage.free, usage.total
    return None
