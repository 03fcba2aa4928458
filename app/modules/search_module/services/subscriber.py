"""The subscriber that keeps the index: it reads messages as they are now, so a late event does no harm."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel

from app.adapters.db.connection import Connection
from app.modules.chats_module.extension import ChatPurge
from app.modules.jobs_module.extension import Job, JobContext, Jobs
from app.modules.search_module.db.cruds import build
from app.modules.search_module.db.cruds.index import INDEX, NEXT, purge_chat
from app.modules.search_module.services.indexing import MESSAGES_AT_ONCE, index_messages, index_range
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext, hold_stream
from app.services.context import WorkContext

_PAUSE = 0.05


class ChatToIndex(BaseModel):
    """A chat whose events were not all there to be handled."""

    chat_id: UUID


async def _handle(context: SubscriberContext, events: Sequence[Event]) -> None:
    seqs = sorted({int(event.data["seq"]) for event in events})
    await index_messages(context.connection, INDEX, context.stream_id, seqs)
    if await _is_in_next(context.connection, context.stream_id):
        await index_messages(context.connection, NEXT, context.stream_id, seqs)


async def _rebuild(context: SubscriberContext, stream_id: UUID, _: int) -> None:
    """Of an account's stream there is nothing to index."""
    if await build.find_last_seq(context.connection, stream_id):
        payload = ChatToIndex(chat_id=stream_id)
        await context.container.get(Jobs).enqueue(context.work, CATCH_UP, payload, key=str(stream_id))


async def _is_in_next(connection: Connection, chat_id: UUID) -> bool:
    """Returns True if a build has come to the chat. Ask after the first statement on the index that searches read: from
    then on the two are not swapped until the end of the transaction.
    """
    state = await build.find(connection)
    return state["state"] == "building" and state["chat_id"] is not None and chat_id <= state["chat_id"]


async def _catch_up(context: JobContext, payload: ChatToIndex) -> None:
    """Indexes what is missing of a chat, in chunks."""
    seq = 0
    while True:
        async with context.unit_of_work() as work:
            raw = await work.raw()
            if seq >= await build.find_last_seq(raw, payload.chat_id):
                return
            is_held = await hold_stream(work, SEARCH, payload.chat_id)
            if is_held:
                await index_range(raw, INDEX, payload.chat_id, seq)
                if await _is_in_next(raw, payload.chat_id):
                    await index_range(raw, NEXT, payload.chat_id, seq)
        if is_held:
            seq += MESSAGES_AT_ONCE
        else:
            await asyncio.sleep(_PAUSE)


async def _purge(context: WorkContext, chat_id: UUID, limit: int) -> bool:
    """Holds the stream: a handler that has read a message of the chat before the deletion has written it by then."""
    if not await hold_stream(context.work, SEARCH, chat_id):
        return True
    return await purge_chat(context.connection, chat_id, limit)


SEARCH = Subscriber(
    "search",
    ("message.created", "message.edited", "message.updated", "message.deleted"),
    _handle,
    start="first",
    rebuild=_rebuild,
)
CATCH_UP = Job("search.catch_up", ChatToIndex, _catch_up, timeout_s=6 * 3600.0)
PURGE = ChatPurge("search", _purge)
