"""A search as a client asks for it: the words are read, the chats looked up, and the hits shown as messages."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from time import monotonic
from typing import Any, Literal
from uuid import UUID

import orjson

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.accounts_module.services.accounts import find_account_id
from app.modules.chats_module.errors import ChatNotFound
from app.modules.messages_module.services.views import MessageViews
from app.modules.search_module.db.cruds import build
from app.modules.search_module.db.cruds import search as crud
from app.modules.search_module.db.cruds.search import Chat
from app.modules.search_module.errors import SearchBuilding
from app.modules.search_module.services import metrics
from app.modules.search_module.services.highlights import highlight
from app.modules.search_module.services.hits import TIME_LIMIT, Criteria
from app.modules.search_module.services.lexemes import write_tsquery
from app.modules.search_module.services.pages import BestFirst, HitPage, NewestFirst
from app.modules.search_module.services.query import Expand, Query, parse_query
from app.modules.search_module.services.subscriber import CATCH_UP, SEARCH
from app.modules.streams_module.extension import find_oldest_pending
from app.modules.streams_module.services.reads import StreamReads, heads_of
from app.utils.json_form import to_json

Order = Literal["newest", "relevant"]

_NO_ACCOUNT = UUID(int=0)
"""A sender id that no account has."""
_OWNERS_IN_A_ROW = 200
"""Owners of jobs that are computed before other tasks run. They take less than a millisecond."""


@dataclass(frozen=True)
class SearchRequest:
    """What a client asks for. A message has to fit `q` and the other fields."""

    q: str
    chat_id: UUID | None = None
    sender_id: UUID | None = None
    before: datetime | None = None
    after: datetime | None = None
    has: Sequence[str] = ()
    order: Order = "newest"
    cursor: str | None = None
    limit: int = 20

    @property
    def is_filtered(self) -> bool:
        return any((self.chat_id, self.sender_id, self.before, self.after, self.has))


class MessageSearch:
    """Searches in the messages of one application. `flags` are the values of `has` that these can have."""

    def __init__(
        self, database: Database, reads: StreamReads, views: MessageViews, flags: Sequence[str], expand: Expand
    ) -> None:
        self._database = database
        self._reads = reads
        self._views = views
        self._flags = flags
        self._expand = expand

    async def find(self, viewer: UUID, request: SearchRequest) -> bytes:
        """Returns a page of hits as JSON. Raises ValidationFailed, ChatNotFound, SearchBuilding."""
        began = monotonic()
        query = parse_query(request.q, flags=self._flags, expand=self._expand, is_filtered=request.is_filtered)
        query = _combine(query, request)
        pages: Any = NewestFirst if request.order == "newest" else BestFirst
        place = pages.read(request.cursor)
        async with self._database.connection() as connection:
            await check_built(connection)
            chats = await self._list_chats(connection, viewer, query, request)
            sender_id = await _find_sender(connection, query, request)
        words = write_tsquery(query, sender_id)
        indexed = write_tsquery(query, sender_id, indexed_only=True)
        criteria = Criteria(chats, words, indexed, query.after, query.before)

        async def find(connection: Connection) -> tuple[datetime | None, HitPage]:
            # Before the search: what is indexed meanwhile may not be in its result.
            pending = await _find_oldest_missing(connection, criteria)
            if sender_id is _NO_ACCOUNT:
                return pending, HitPage([], None)
            return pending, await pages.find(connection, criteria, request.limit, place, monotonic() + TIME_LIMIT)

        # The access was checked above, and is checked again for each hit below, on the primary.
        pending, found = await self._reads.read(lambda primary: heads_of(primary, *criteria.chat_ids), find)
        now = datetime.now(UTC)
        indexed_through = min(pending or now, now)
        found, items = await self._view(viewer, query, sender_id, found)
        metrics.SECONDS.labels(request.order).observe(monotonic() - began)
        metrics.TRUNCATED.inc(int(found.is_truncated))
        lag = round((now - indexed_through).total_seconds() * 1000)
        return to_json(
            {
                "items": items,
                "next_cursor": found.next_cursor,
                "truncated": found.is_truncated,
                "indexed_through": {"at": indexed_through, "lag_ms": lag},
            }
        )

    async def _list_chats(
        self, connection: Connection, viewer: UUID, query: Query, request: SearchRequest
    ) -> Sequence[Chat]:
        named = {request.chat_id, query.chat_id} - {None}
        if not named:
            return await crud.list_chats(connection, viewer, None)
        found = [await crud.list_chats(connection, viewer, chat_id) for chat_id in named]
        if not all(found):
            raise ChatNotFound
        return found[0] if len(found) == 1 else ()

    async def _view(
        self, viewer: UUID, query: Query, sender_id: UUID | None, page: HitPage
    ) -> tuple[HitPage, list[dict[str, Any]]]:
        """Returns as much of the page as there is room for, with those hits on it that the viewer may read, and that
        are still as they were indexed.
        """
        keys = [(hit.chat_id, hit.seq, hit.revision) for hit in page.hits]
        async with self._database.connection() as connection:
            messages, count = await self._views.list_found(connection, viewer, keys)
        page, items = page.cut(count), []
        for hit in page.hits:
            shown = messages.get((hit.chat_id, hit.seq))
            if shown is None:
                continue
            message = orjson.loads(shown)
            # A long text takes milliseconds: other tasks run between two of them.
            await asyncio.sleep(0)
            # Two accounts may share the lexeme of a sender.
            if sender_id is None or message["sender_id"] == str(sender_id):
                places = [place._asdict() for place in highlight(message["text"], query)]
                items.append({"message": orjson.Fragment(shown), "highlights": places})
        return page, items


@lru_cache(maxsize=100_000)
def _owner_of(chat_id: UUID) -> UUID:
    return CATCH_UP.owner_of(str(chat_id))


async def _find_oldest_missing(connection: Connection, criteria: Criteria) -> datetime | None:
    """Returns the time before which all messages of the chats are indexed. None if they all are."""
    pending = await find_oldest_pending(connection, SEARCH, criteria.chat_ids)
    owners: list[UUID] = []
    for place, chat_id in enumerate(criteria.chat_ids, 1):
        owners.append(_owner_of(chat_id))
        if place % _OWNERS_IN_A_ROW == 0:
            await asyncio.sleep(0)
    behind = await crud.list_behind(connection, criteria.chat_ids, owners)
    times = [chat.created_at for chat in criteria.chats if chat.id in behind]
    return min([*times, pending] if pending else times, default=None)


async def check_built(connection: Connection) -> None:
    """Raises SearchBuilding until the first index is complete."""
    state = await build.find(connection)
    if state["state"] == "building" and state["is_first"]:
        raise SearchBuilding(state["done"], state["total"])


def _combine(query: Query, request: SearchRequest) -> Query:
    befores = [time for time in (query.before, request.before) if time is not None]
    afters = [time for time in (query.after, request.after) if time is not None]
    return replace(
        query,
        has=query.has | frozenset(request.has),
        before=min(befores, default=None),
        after=max(afters, default=None),
    )


async def _find_sender(connection: Connection, query: Query, request: SearchRequest) -> UUID | None:
    """Returns the requested sender. None if any sender fits."""
    if query.sender is None:
        return request.sender_id
    named = await find_account_id(connection, query.sender)
    if named is None or request.sender_id not in (None, named):
        return _NO_ACCOUNT
    return named
