"""The subscriber that indexes messages.

It takes new messages from their events, and reads others as they are now, so that a late event does no harm.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel

from app.adapters.db.connection import Connection
from app.modules.chats_module.extension import ChatPurge
from app.modules.jobs_module.extension import Job, JobContext, Jobs, Lane, RetryAfter
from app.modules.search_module.db.cruds import build
from app.modules.search_module.db.cruds.index import INDEX, NEXT, Range, purge_chat
from app.modules.search_module.services.indexing import FORM, MESSAGES_AT_ONCE, index_messages, index_new
from app.modules.streams_module.extension import Event, LeftToOthers, Subscriber, SubscriberContext, hold_streams
from app.services.context import WorkContext

_PAUSE = 0.05
_PAUSE_FOR_OTHERS = 5.0


class ChatToIndex(BaseModel):
    """A chat whose events were not all there to be handled."""

    chat_id: UUID


async def _handle(context: SubscriberContext, events: Sequence[Event]) -> None:
    """Indexes messages of several chats at once: each costs a tenth of what it costs alone."""
    new: list[Event] = []
    others: list[Event] = []
    for event in events:
        (new if _is_as_created(event) else others).append(event)
    if new and (again := await index_new(context.connection, INDEX, new)):
        # Events that are handled again: what the index has may be newer.
        others += [event for event in new if event.stream_id in again]
    if others:
        await index_messages(context.connection, INDEX, _ranges_of(others))
    if await _is_next_built(context.connection):
        await index_messages(context.connection, NEXT, _ranges_of(events))


def _ranges_of(events: Sequence[Event]) -> list[Range]:
    messages = sorted({(event.stream_id, int(event.data["seq"])) for event in events})
    return [(chat_id, seq, seq) for chat_id, seq in messages]


def _is_as_created(event: Event) -> bool:
    """Returns True if the event has the message as it was created.

    Returns False for an event without a text: it may have been emptied when the message was deleted.
    """
    return event.kind == "message.created" and bool(event.data["text"])


async def _rebuild(context: SubscriberContext, stream_id: UUID, _: int) -> None:
    """Enqueues the indexing of a chat. In the stream of an account there is nothing to index."""
    if await build.find_last_seq(context.connection, stream_id):
        jobs, key = context.container.get(Jobs), str(stream_id)
        # A dead job would count as indexing that is not complete, for ever.
        await jobs.remove(context.work, CATCH_UP, CATCH_UP.owner_of(key))
        await jobs.enqueue(context.work, CATCH_UP, ChatToIndex(chat_id=stream_id), key=key)


async def _is_next_built(connection: Connection) -> bool:
    """Returns True while the next index is built. Then messages are brought up to date in that one, too: a build that
    has looked for chats a moment ago does not know of a new one that it passes.

    Call it after a statement on the index that searches read: from then on the two are not swapped until the end of the
    transaction. Raises LeftToOthers if the newest of the two has another form. A build of another form that begins
    after the question waits for the chats of this transaction.
    """
    found = await build.find(connection)
    if found["form"] != FORM:
        raise LeftToOthers
    return bool(found["state"] == "building")


async def _catch_up(context: JobContext, payload: ChatToIndex) -> None:
    """Indexes what is missing of a chat."""
    try:
        await _index_chat(context, payload.chat_id)
    except LeftToOthers:
        raise RetryAfter(_PAUSE_FOR_OTHERS) from None


async def _index_chat(context: JobContext, chat_id: UUID) -> None:
    """Indexes a chat in chunks."""
    seq = 0
    while True:
        async with context.unit_of_work() as work:
            raw = await work.raw()
            if seq >= await build.find_last_seq(raw, chat_id):
                return
            is_held = bool(await hold_streams(work, SEARCH, [chat_id]))
            if is_held:
                ranges = [(chat_id, seq + 1, seq + MESSAGES_AT_ONCE)]
                await index_messages(raw, INDEX, ranges)
                if await _is_next_built(raw):
                    await index_messages(raw, NEXT, ranges)
        if is_held:
            seq += MESSAGES_AT_ONCE
        else:
            await asyncio.sleep(_PAUSE)


async def _purge(context: WorkContext, chat_id: UUID, limit: int) -> bool:
    """Holds the stream: a handler that has read a message of the chat before the deletion has written it by then."""
    if not await hold_streams(context.work, SEARCH, [chat_id]):
        return True
    return await purge_chat(context.connection, chat_id, limit)


SEARCH = Subscriber(
    "search",
    ("message.created", "message.edited", "message.updated", "message.deleted"),
    _handle,
    start="first",
    rebuild=_rebuild,
    across_streams=True,
    form=FORM,
)
INDEXING = Lane("search", 2)
"""Many chats may have to catch up at once, and each may have millions of messages."""
CATCH_UP = Job("search.catch_up", ChatToIndex, _catch_up, timeout_s=6 * 3600.0, lane=INDEXING.name)
PURGE = ChatPurge("search", _purge)
