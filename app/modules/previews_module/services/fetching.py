"""A subscriber finds messages with links. A job fetches the page, adds its preview to the message, and its image."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from loguru import logger
from pydantic import BaseModel

from app.adapters.clients.http import EgressError, HttpClient, HttpResponse
from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.jobs_module.extension import Job, JobContext, Jobs, Lane, NewJob, Nothing, Schedule
from app.modules.previews_module import db
from app.modules.previews_module.extension import FetchedImage, PreviewImages
from app.modules.previews_module.services.links import find_link
from app.modules.previews_module.services.parsing import parse
from app.modules.previews_module.services.part import as_value
from app.modules.previews_module.services.removing import replace
from app.modules.previews_module.settings import PREVIEW, PreviewSettings
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext
from app.modules.streams_module.services.log import Log, now
from app.services.errors import RateLimited
from app.services.rate_limits import RateLimits
from app.settings.app_settings import AppSettings
from app.utils.container import Container
from app.utils.module import Modules

FETCHING = Lane("previews", 4)
"""Pages may be slow; no other job waits for them."""
_TOO_LATE = timedelta(minutes=10)
"""Messages older than this get no preview, for example after an interruption."""
_CACHED_FOR = timedelta(hours=1)
_FAILURE_CACHED_FOR = timedelta(minutes=5)
_MAX_PAGE = 1_048_576
"""Bytes that are read; some pages have their `<meta>` after long scripts."""
_MAX_IMAGE = 5 * 1_048_576
_MAX_REDIRECTS = 3
_ACCEPT = {"accept": "text/html,application/xhtml+xml"}
_ACCEPT_IMAGE = {"accept": "image/webp,image/png,image/jpeg,image/gif"}


class ToPreview(BaseModel):
    chat_id: UUID
    seq: int


def _is_enabled(container: Container) -> bool:
    return container.get(PreviewSettings).is_enabled(container.get(AppSettings).environment)


async def _notice(context: SubscriberContext, events: Sequence[Event]) -> None:
    """Enqueues a job for each message whose link has no preview yet, or whose preview has no link any more."""
    if not _is_enabled(context.container):
        return
    limits = context.container.get(RateLimits)
    new: list[NewJob] = []
    for event in events:
        link = find_link(event.data["text"], event.data.get("entities") or ())
        shown = event.data.get(db.PART_NAME) or [{"url": None}]
        if link == shown[0]["url"] or event.at < context.at - _TOO_LATE:
            continue
        sender_id = UUID(event.data["sender_id"])
        try:
            if link is not None:
                limits.hit(PREVIEW, sender_id.int)
        except RateLimited:
            continue
        payload = ToPreview(chat_id=UUID(event.data["chat_id"]), seq=event.data["seq"])
        new.append(NewJob(payload, f"{payload.chat_id}:{payload.seq}", owner_id=sender_id))
    await context.container.get(Jobs).enqueue_all(context.work, ADD_PREVIEW, new)


async def _add_preview(context: JobContext, message: ToPreview) -> None:
    """Fetches the page without a transaction. Then the message may be edited or deleted, so it is read again."""
    if not _is_enabled(context.container):
        return
    async with context.unit_of_work() as work:
        raw, at = await work.raw(), now()
        url = await _find_link_of(raw, message)
        if url is None:
            await _remove_shown(work, context.container, message)
            return
        cached = await db.find_page(raw, url, at - _CACHED_FOR, at - _FAILURE_CACHED_FOR)
    page = await _fetch_page(context.container, url) if cached is None else cached.description
    async with context.unit_of_work() as work:
        await context.container.get(Log).lock(work, chats=[message.chat_id])
        if cached is None:
            await db.write_page(await work.raw(), url, page, now())
        is_shown = page is not None and await _show(work, context.container, message, url, page)
    if is_shown and page and page.image_url:
        await _store_image(context, message, url, page.image_url)


async def _find_link_of(connection: Connection, message: ToPreview) -> str | None:
    return find_link(*await db.find_text(connection, message.chat_id, message.seq))


async def _remove_shown(work: UnitOfWork, container: Container, message: ToPreview) -> None:
    """Removes the preview of an address that an edit has made code, or has put into a spoiler."""
    await container.get(Log).lock(work, chats=[message.chat_id])
    raw = await work.raw()
    is_shown = await db.find_preview(raw, message.chat_id, message.seq) is not None
    if is_shown and await _find_link_of(raw, message) is None:
        await replace(work, container, message.chat_id, message.seq, [])


async def _show(work: UnitOfWork, container: Container, message: ToPreview, url: str, page: db.PageDescription) -> bool:
    """Adds the preview to the message, whose chat is locked. Returns False if this is not the link of the message."""
    raw = await work.raw()
    # After an edit there is a job for the new text.
    if await _find_link_of(raw, message) != url:
        return False
    # An earlier attempt may have added it, and perhaps its image.
    if await db.find_sender(raw, message.chat_id, message.seq, url) is None:
        await replace(work, container, message.chat_id, message.seq, as_value(url, page))
    return True


async def _store_image(context: JobContext, message: ToPreview, page_url: str, image_url: str) -> None:
    stores = context.container.get(Modules).contributions(PreviewImages)
    if not stores:
        return
    data = await _fetch_image(context.container, image_url)
    if data:
        for images in stores:
            await images.store(context, FetchedImage(message.chat_id, message.seq, page_url, data))


async def _fetch_page(container: Container, url: str) -> db.PageDescription | None:
    """Returns the description of a page, None if it cannot be fetched or has none."""
    response = await _get(container, url, _ACCEPT, _MAX_PAGE, may_cut=True)
    if response is None:
        return None
    return await asyncio.to_thread(parse, response.body, response.headers.get("content-type", ""), response.url)


async def _fetch_image(container: Container, url: str) -> bytes:
    """Returns the bytes at the address of an image, none if they cannot be fetched or are too many."""
    response = await _get(container, url, _ACCEPT_IMAGE, _MAX_IMAGE)
    return b"" if response is None else response.body


async def _get(
    container: Container, url: str, headers: Mapping[str, str], max_bytes: int, *, may_cut: bool = False
) -> HttpResponse | None:
    try:
        response = await container.get(HttpClient).request(
            "GET",
            url,
            purpose="preview",
            headers=headers,
            max_bytes=max_bytes,
            may_cut=may_cut,
            max_redirects=_MAX_REDIRECTS,
        )
    except EgressError as error:
        logger.debug("no preview, or no image of it: {}", error)
        return None
    return response if response.status == 200 else None


async def _forget(context: JobContext, _: Nothing) -> None:
    """Deletes pages that are no longer used from the cache."""
    await context.delete_in_chunks(db.FORGET_PAGES, context.at - _CACHED_FOR)


# An event has the address of a preview as well: an edit may have removed the link.
NOTICE = Subscriber("previews", ("message.created", "message.edited"), _notice, across_streams=True, containing="://")
ADD_PREVIEW = Job("previews.add", ToPreview, _add_preview, max_attempts=3, lane=FETCHING.name, takes_turns=True)
FORGET = Job("previews.forget", Nothing, _forget)
FORGET_HOURLY = Schedule(FORGET, timedelta(hours=1))
