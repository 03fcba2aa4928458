"""What a file has turned out to be, written where it has to be known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.attachments_module.db.cruds import attachments as crud
from app.modules.attachments_module.db.cruds import contents, uploads
from app.modules.attachments_module.services import metrics
from app.modules.attachments_module.services.kinds import kind_of
from app.modules.attachments_module.services.views import message_of, previews_of, view_in_event, view_in_message
from app.modules.jobs_module.extension import JobContext, RetryAfter
from app.modules.messages_module.extension import Messages
from app.modules.previews_module.extension import show_image
from app.modules.streams_module.services.log import Log, event, now

_CHECKED_AFTER = timedelta(hours=6)
"""How long a job may take to store a content that it has claimed."""
_EVENTS = {"ready": "attachment.ready", "refused": "attachment.refused"}
_DELETED_AFTER = 2.0


@dataclass(frozen=True)
class Outcome:
    """What a file has turned out to be."""

    state: str
    content_type: str
    size: int | None = None
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    blurhash: str | None = None
    previews: Sequence[dict[str, Any]] = ()
    reason: str | None = None


async def claim(context: JobContext, attachment_id: UUID, sha256: str) -> None:
    """To be called before a content is stored. Raises RetryAfter while an older object of it is being deleted."""
    async with context.unit_of_work() as work:
        raw = await work.raw()
        if not await contents.claim(raw, attachment_id, sha256, now() + _CHECKED_AFTER):
            raise RetryAfter(_DELETED_AFTER)


async def find_previews(context: JobContext, sha256: str) -> list[dict[str, Any]]:
    """Returns the previews of an image with this content that is ready: they are stored already."""
    async with context.unit_of_work() as work:
        stored = await contents.find_previews(await work.raw(), sha256)
    return previews_of(stored) if stored else []


async def finish(context: JobContext, attachment_id: UUID, outcome: Outcome) -> None:
    """Writes what became of a file: into its row, to its owner, and into the message that carries it."""
    log = context.container.get(Log)
    is_written = False
    while not is_written:
        async with context.unit_of_work() as work:
            raw = await work.raw()
            before = await crud.find(raw, attachment_id)
            message = before and message_of(before)
            streams: set[UUID] = set()
            if before is not None:
                streams = await log.lock(work, chats=[message[0]] if message else [], accounts=[before["owner_id"]])
            row = await crud.find(raw, attachment_id, lock=True)
            if row is None or row["state"] != "processing":
                # Deleted meanwhile: the collector may have looked before the content was stored.
                await contents.check_soon(raw, [outcome.sha256] if outcome.sha256 else [], now())
                return
            # A send that took it in between holds another lock: once more, in the right order.
            is_written = message_of(row) == message
            if is_written:
                await _write(context, work, log, row, outcome, has_stream=row["owner_id"] in streams)
    metrics.PROCESSED.labels(outcome.state).inc()


async def _write(
    context: JobContext, work: UnitOfWork, log: Log, row: Any, outcome: Outcome, *, has_stream: bool
) -> None:
    raw = await work.raw()
    reserved = outcome.size or 0
    await uploads.release(raw, row["owner_id"], row["reserved"] - reserved)
    await crud.finish(
        raw,
        row["id"],
        outcome.state,
        outcome.content_type,
        outcome.size,
        outcome.sha256,
        outcome.width,
        outcome.height,
        outcome.blurhash,
        outcome.previews,
        outcome.reason,
        reserved,
    )
    message = message_of(row)
    carried = await crud.list_of_message(raw, *message) if message else []
    if message and row["id"] not in [one["id"] for one in carried]:
        await _end_preview_image(context, work, message, row["id"], outcome)
        return
    if has_stream:
        payload = view_in_event(await crud.find(raw, row["id"]))
        await log.append(work, row["owner_id"], event(_EVENTS[outcome.state], payload))
    if message:
        await crud.set_kind(raw, *message, row["id"], kind_of(outcome.content_type))
        value = [view_in_message(one) for one in carried]
        messages = context.container.get(Messages)  # type: ignore[type-abstract]
        await messages.set_part(work, *message, "attachments", value)


async def _end_preview_image(
    context: JobContext, work: UnitOfWork, message: tuple[UUID, int], attachment_id: UUID, outcome: Outcome
) -> None:
    """No client has uploaded it: without an image the preview stays as it is."""
    if outcome.width and outcome.height:
        await show_image(work, context.container, *message, attachment_id, outcome.width, outcome.height)
    else:
        chat_id, seq = message
        await crud.drop_preview_images(await work.raw(), chat_id, [seq], now())
