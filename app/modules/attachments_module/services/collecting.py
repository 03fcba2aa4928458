"""Deleting what nobody needs any more: expired uploads, files that no message carries, and contents of neither."""

from datetime import timedelta

from pydantic import BaseModel

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.attachments_module.db.cruds import contents as crud
from app.modules.attachments_module.services.store import FileStore, content_path, upload_prefix
from app.modules.jobs_module.extension import Job, JobContext, Jobs, Schedule
from app.modules.streams_module.services.log import now

EVERY = timedelta(seconds=15)
_AT_ONCE = 100
_REMEMBERED = timedelta(days=7)
"""How long an expired upload is answered 410."""


class Everything(BaseModel):
    """All that is due."""


async def collect(context: JobContext, _: Everything) -> None:
    """Works until nothing is due. Rows are marked first and deleted last, so a crash repeats a chunk."""
    store = context.container.get(FileStore)
    while await _collect_attachments(context, store) or await _collect_contents(context, store):
        pass


async def _collect_attachments(context: JobContext, store: FileStore) -> bool:
    at = now()
    async with context.unit_of_work() as work:
        due = await crud.mark_due(await work.raw(), at, _AT_ONCE)
    for row in due:
        if row["has_pieces"]:
            await store.delete_below(upload_prefix(row["id"]))
    async with context.unit_of_work() as work:
        raw = await work.raw()
        await crud.end_expired(raw, [row["id"] for row in due if row["state"] == "expired"], at + _REMEMBERED)
        await crud.delete(raw, [row["id"] for row in due if row["state"] == "deleted"], at)
    return len(due) == _AT_ONCE


async def _collect_contents(context: JobContext, store: FileStore) -> bool:
    async with context.unit_of_work() as work:
        looked_at, unused = await crud.mark_unused(await work.raw(), now(), _AT_ONCE)
    for sha256 in unused:
        await store.delete(content_path(sha256))
        await store.delete_below(content_path(sha256, ""))
    if unused:
        async with context.unit_of_work() as work:
            await crud.forget(await work.raw(), unused)
    return looked_at == _AT_ONCE


async def collect_soon(work: UnitOfWork, jobs: Jobs) -> None:
    """Collects after this commit; without it the schedule does."""
    await jobs.enqueue(work, COLLECT, Everything(), key="soon")


COLLECT = Job("attachments.collect", Everything, collect, timeout_s=600.0)
COLLECT_OFTEN = Schedule(COLLECT, EVERY)
