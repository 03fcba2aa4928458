"""Checks the files: what was acknowledged can be downloaded, and what is left over is known or deleted by the sweep."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.modules.attachments_module.db.cruds import contents as crud
from app.modules.attachments_module.services.collecting import list_orphans
from app.modules.attachments_module.services.store import FileStore
from app.modules.attachments_module.settings import AttachmentSettings
from tests.faults.load.uploader import Uploaded, Uploader
from tests.faults.scene.cluster import Cluster
from tests.faults.violations import Kind, Violation

_UNTIL_PROCESSED = 60.0
_AT_ONCE = 8


@dataclass
class Files:
    """What became of the files of a run."""

    uploaded: int
    refused: int
    """Requests that were answered 503."""
    orphans: int = 0
    """Parts of interrupted requests, which the daily sweep deletes."""
    wrong: list[Violation] = field(default_factory=list)


async def check_files(cluster: Cluster, uploader: Uploader) -> Files:
    files = Files(len(uploader.acknowledged), uploader.refused)
    limit = asyncio.Semaphore(_AT_ONCE)

    async def wait(file: Uploaded) -> str | None:
        async with limit:
            return await _until_ready(file)

    urls = await asyncio.gather(*map(wait, uploader.acknowledged))
    orphans = await _sweep(cluster)
    files.orphans = len(orphans)
    files.wrong += [
        Violation(Kind.BROKEN, f"{path} is in the store and belongs to nothing")
        for path in orphans
        if not path.startswith("uploads/")
    ]

    async def download(file: Uploaded, url: str | None) -> Violation | None:
        async with limit:
            return await _check_bytes(file, url)

    found = await asyncio.gather(*map(download, uploader.acknowledged, urls))
    files.wrong += [violation for violation in found if violation is not None]
    return files


async def _until_ready(file: Uploaded) -> str | None:
    """Returns the address of a file, None if it has none in the end."""
    try:
        async with asyncio.timeout(_UNTIL_PROCESSED):
            while True:
                answer = await file.reader.retry("GET", f"/attachments/{file.id}", also=(404,))
                if answer.status == 404:
                    return None
                if answer.json["state"] == "ready":
                    return str(answer.json["url"])
                await asyncio.sleep(0.2)
    except TimeoutError:
        return None


async def _check_bytes(file: Uploaded, url: str | None) -> Violation | None:
    if url is None:
        return Violation(Kind.LOST, f"file {file.id} was acknowledged and is not ready")
    answer = await file.reader.fetch(url)
    if answer.status != 200:
        return Violation(Kind.LOST, f"file {file.id} was acknowledged and is answered {answer.status}")
    if hashlib.sha256(answer.body).hexdigest() != file.sha256:
        return Violation(Kind.CHANGED, f"file {file.id} has other bytes than those that were acknowledged")
    return None


async def _sweep(cluster: Cluster) -> Sequence[str]:
    """Deletes what the daily sweep would delete, whatever its age. Returns the paths."""
    store, found = FileStore(AttachmentSettings(store=f"file://{cluster.store}")), []
    connection = await cluster.connect()

    async def list_known(uploads: Sequence[UUID], contents: Sequence[str]) -> set[str]:
        return await crud.list_known(connection, uploads, contents)

    try:
        async for paths in list_orphans(store, list_known, datetime.now(UTC) + timedelta(days=1)):
            await store.delete(*paths)
            found += paths
    finally:
        await connection.close()
    return found
