"""Deletes what is no longer needed: expired uploads, files that no message carries, and contents of neither."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from loguru import logger

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import AccountHook, Erasure
from app.modules.attachments_module.db.cruds import attachments
from app.modules.attachments_module.db.cruds import contents as crud
from app.modules.attachments_module.errors import StoreUnavailable
from app.modules.attachments_module.services.ownership import PREFIXES, owns_store
from app.modules.attachments_module.services.part import PART
from app.modules.attachments_module.services.postponing import postponed_while_down
from app.modules.attachments_module.services.store import FileStore, content_path, upload_prefix
from app.modules.jobs_module.extension import Job, JobContext, Jobs, Nothing, Schedule
from app.modules.messages_module.extension import UnsentMessages
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext
from app.modules.streams_module.services.log import now
from app.services.context import Context, WorkContext
from app.utils.module import Modules
from app.utils.setup_modules import discover_modules

EVERY = timedelta(seconds=15)
_AT_ONCE = 100
_ORPHAN_AFTER = timedelta(hours=24)
_LOOK_AGAIN_AFTER = timedelta(hours=1)
"""How long a file that an unsent message names is kept before it is looked at again."""
_DELETED_WITHIN, _KEPT_FOR = timedelta(seconds=20), timedelta(seconds=30)
"""How long a collector deletes a content, and how long no other one takes it. Uploads of a content wait as long."""
_NAMED = ("processing", "ready", "refused")
"""States of the files that a message can name."""
_IS_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OF_CONTENT = re.compile(r"(?:files|previews)/([0-9a-f]{64})(?:/|$)")
_REMEMBERED = timedelta(days=7)
"""How long an expired upload is answered 410."""


async def collect(context: JobContext, _: Nothing) -> None:
    """Works until nothing is due. Rows are marked first and deleted last, so a crash repeats a chunk."""
    store = context.container.get(FileStore)
    with postponed_while_down():
        if not await owns_store(context.container):
            return
        while await _collect_attachments(context, store):
            pass
        while await _collect_content(context, store):
            pass


async def _collect_attachments(context: JobContext, store: FileStore) -> bool:
    at = now()
    async with context.unit_of_work() as work:
        raw = await work.raw()
        looked_at = await crud.lock_due(raw, at, _AT_ONCE)
        used = await _list_used(Context(raw, context.container, at), looked_at)
        await crud.postpone(raw, sorted(used), at + _LOOK_AGAIN_AFTER)
        due = await crud.mark(raw, [row["id"] for row in looked_at if row["id"] not in used])
    for row in due:
        if row["has_pieces"]:
            await store.delete_below(upload_prefix(row["id"]))
    async with context.unit_of_work() as work:
        raw = await work.raw()
        await crud.end_expired(raw, [row["id"] for row in due if row["state"] == "expired"], at + _REMEMBERED)
        await crud.delete(raw, [row["id"] for row in due if row["state"] == "deleted"], at)
    return len(looked_at) == _AT_ONCE


async def _list_used(context: Context, rows: Sequence[Any]) -> set[UUID]:
    """Returns those of the locked attachments that a message names which is to be sent later.

    The transaction that stores such a message locks the rows too: either it is committed and seen here, or it finds the
    file deleted. A module that is disabled here may be enabled in another process, or some day.
    """
    owners = {row["id"]: row["owner_id"] for row in rows if row["state"] in _NAMED}
    used: set[UUID] = set()
    for unsent in Modules(discover_modules().values()).contributions(UnsentMessages) if owners else ():
        for value in await unsent.list_values(context, PART.name, sorted(set(owners.values()))):
            used |= owners.keys() & map(UUID, value)
    return used


async def _collect_content(context: JobContext, store: FileStore) -> bool:
    """Deletes a content that is due, unless an attachment has it. Returns False if none is due.

    The deletion has ended, also that of a process which was frozen, before another collector takes the content: an
    upload claims it again as soon as one of them has forgotten it.
    """
    try:
        # From before the mark, so that it is over earlier.
        async with asyncio.timeout(_DELETED_WITHIN.total_seconds()):
            async with context.unit_of_work() as work:
                due = await crud.take_due(await work.raw(), _KEPT_FOR)
            if due is not None and due.is_unused:
                await store.delete(content_path(due.sha256))
                await store.delete_below(content_path(due.sha256, ""))
                async with context.unit_of_work() as work:
                    await crud.forget(await work.raw(), due.sha256)
    except TimeoutError:
        # Another attempt takes it when its time is over.
        raise StoreUnavailable from None
    return due is not None


async def collect_soon(work: UnitOfWork, jobs: Jobs) -> None:
    """Collects after this commit; without it the schedule does."""
    await jobs.enqueue(work, COLLECT, Nothing(), key="soon")


async def sweep(context: JobContext, _: Nothing) -> None:
    """Deletes objects that no row knows and that are old: what processes had stored that were killed a moment later."""
    store, before = context.container.get(FileStore), now() - _ORPHAN_AFTER
    orphans: list[str] = []
    with postponed_while_down():
        if not await owns_store(context.container, says_so=True):
            return
        await store.delete_unfinished(before)
        async for paths in list_orphans(store, partial(_list_known, context), before):
            orphans += paths
            await _delete_orphans(context, store, paths)
    if orphans:
        logger.info("{} objects that no file has are deleted, such as {}", len(orphans), orphans[0])


async def _delete_orphans(context: JobContext, store: FileStore, paths: Sequence[str]) -> None:
    """Leaves what belongs to a content to the collector: since no row was found, an upload may have claimed it."""
    contents = {path: found[1] for path in paths if (found := _OF_CONTENT.match(path))}
    await store.delete(*(path for path in paths if path not in contents))
    if contents:
        async with context.unit_of_work() as work:
            await crud.check_soon(await work.raw(), sorted(set(contents.values())), now())
            await collect_soon(work, context.container.get(Jobs))


async def _list_known(context: JobContext, uploads: Sequence[UUID], contents: Sequence[str]) -> set[str]:
    async with context.unit_of_work() as work:
        return await crud.list_known(await work.raw(), uploads, contents)


async def list_orphans(
    store: FileStore, list_known: Callable[[Sequence[UUID], Sequence[str]], Awaitable[set[str]]], before: datetime
) -> AsyncIterator[list[str]]:
    """Yields the paths of objects that are older, and whose upload or content is not known."""
    for prefix in PREFIXES:
        found: dict[str, str] = {}
        async for one in store.list(prefix):
            if one.changed_at < before:
                found[one.path] = one.path.split("/")[1]
            if len(found) == _AT_ONCE:
                yield await _orphans_among(found, prefix, list_known)
                found = {}
        if found:
            yield await _orphans_among(found, prefix, list_known)


async def _orphans_among(
    found: Mapping[str, str], prefix: str, list_known: Callable[[Sequence[UUID], Sequence[str]], Awaitable[set[str]]]
) -> list[str]:
    names = sorted(set(found.values()))
    ids = [UUID(name) for name in names if prefix == "uploads" and _IS_ID.fullmatch(name)]
    known = await list_known(ids, [] if prefix == "uploads" else names)
    return [path for path, name in found.items() if name not in known]


async def _erase(context: WorkContext, account_id: UUID, _: Erasure, limit: int) -> bool:
    """Deletes files that no message carries. Those of messages stay or go with them."""
    return await attachments.drop_unused(context.connection, account_id, limit, context.at) == limit


async def _handle(context: SubscriberContext, events: Sequence[Event]) -> None:
    """The deletion of a message has marked its files: here the collector is called, where there are any."""
    if await crud.is_any_due(context.connection, now()):
        await collect_soon(context.work, context.container.get(Jobs))


COLLECT = Job("attachments.collect", Nothing, collect, timeout_s=600.0)
COLLECT_OFTEN = Schedule(COLLECT, EVERY)
SWEEP = Job("attachments.sweep", Nothing, sweep, timeout_s=6 * 3600.0)
SWEEP_DAILY = Schedule(SWEEP, timedelta(days=1))
FILES_OF_ACCOUNT = AccountHook("attachments", _erase)
DELETIONS = Subscriber("attachments", ("message.deleted",), _handle)
