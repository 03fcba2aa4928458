"""Builds a new index beside the one that searches read, in chunks that resume, and swaps the two."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import takewhile
from typing import NamedTuple
from uuid import UUID

from loguru import logger

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.long_statements import connected_for_long
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.modules.search_module.db.cruds import build as crud
from app.modules.search_module.db.cruds.index import NEXT, Range
from app.modules.search_module.services.indexing import FORM, MESSAGES_AT_ONCE, index_messages
from app.modules.search_module.services.subscriber import SEARCH
from app.modules.streams_module.extension import count_pending_streams, hold_streams
from app.modules.streams_module.services.log import now
from app.utils.background import running

_PERIOD = 30.0
"""Seconds between two looks for a build that another process has left half-done."""
_PAUSE = 0.05
_PAUSE_AFTER_ERROR = 3.0
_CHATS_AT_ONCE = 100


class Progress(NamedTuple):
    """How far a build has come; `has_form`: the newest index has the lexemes that this code makes."""

    is_building: bool
    is_first: bool
    done: int
    total: int
    has_form: bool


class Building:
    """Works on the build in the background. One process at a time does: the one that has locked the row of the build.

    Each chunk is a unit of work of its own: a crash loses one chunk. While it holds a chat, the subscriber handles none
    of its events, so nothing that is older is written over what is newer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Begins and continues builds for the lifetime of an application with background tasks."""
        async with running(self._keep_building()):
            yield

    @asynccontextmanager
    async def beginning(self) -> AsyncIterator[None]:
        """Begins a build in an application without background tasks. Another process works on it."""
        async with running(self._begin()):
            yield

    async def _keep_building(self) -> None:
        """Continues builds until cancelled."""
        await self._begin()
        while True:
            pause = _PERIOD
            try:
                await self.finish()
            except Exception as error:  # noqa: BLE001 - the next round resumes where this one stopped
                logger.warning("building the search index was interrupted: {!r}", error)
                pause = _PAUSE_AFTER_ERROR
            await asyncio.sleep(pause)

    async def _begin(self) -> None:
        """Begins a build if there is no index.

        Is called at the start only: later, an empty index may be one whose first message is about to be indexed.
        """
        while True:
            try:
                if await begin_if_missing(self._database):
                    return
            except Exception as error:  # noqa: BLE001 - the database may come back
                logger.warning("looking for the search index was interrupted: {!r}", error)
            await asyncio.sleep(_PAUSE_AFTER_ERROR)

    async def finish(self) -> None:
        """Works until no build is left, or another process works on it."""
        while (more := await self._build_chunk()) is not None:
            if not more:
                await asyncio.sleep(_PAUSE)

    async def _build_chunk(self) -> bool | None:
        """Builds the next chunk. Returns False if the subscriber holds its first chat, None if no chunk is left."""
        async with open_unit_of_work(self._database) as work:
            raw = await work.raw()
            build = await crud.claim(raw)
            if build is None or build["state"] != "building" or build["form"] != FORM:
                return None
            ranges = await _next_ranges(raw, build["chat_id"], build["seq"])
            if not ranges:
                await crud.analyze(raw)
                await crud.swap(raw, now())
                logger.info("the index of searches is built")
                return None
            held = await hold_streams(work, SEARCH, [chat_id for chat_id, _, _ in ranges])
            ranges = list(takewhile(lambda one: one[0] in held, ranges))
            if not ranges:
                return False
            await index_messages(raw, NEXT, ranges)
            chat_id, _, last = ranges[-1]
            await crud.move(raw, chat_id, last, sum(last - first + 1 for _, first, last in ranges))
            return True


async def _next_ranges(connection: Connection, chat_id: UUID | None, seq: int) -> list[Range]:
    """Returns the messages of the next chunk, from where the build has come to."""
    ranges: list[Range] = []
    room = MESSAGES_AT_ONCE
    chats = await crud.list_chats_from(connection, chat_id, _CHATS_AT_ONCE)
    for next_id, last_seq in chats:
        first = seq + 1 if next_id == chat_id else 1
        if first <= last_seq and room:
            last = min(last_seq, first + room - 1)
            ranges.append((next_id, first, last))
            room -= last - first + 1
    return ranges


async def begin_if_missing(database: Database) -> bool:
    """Begins a build if messages were never indexed, or are indexed in another form.

    Returns False if it cannot know, since another process works on a build at this moment.
    """
    async with open_unit_of_work(database) as work:
        raw = await work.raw()
        build = await crud.claim(raw)
        if build is None:
            return False
        is_missing = build["state"] != "building" and await crud.is_missing(raw)
        if is_missing or build["form"] != FORM:
            await crud.begin(raw, FORM, now(), is_first=is_missing)
            logger.info("building the search index in the background")
        return True


async def begin(work: UnitOfWork) -> bool:
    """Begins a build for an operator. Returns False if one in the same form is under way."""
    raw = await work.raw()
    build = await crud.claim(raw)
    if build is None or (build["state"] == "building" and build["form"] == FORM):
        return False
    await crud.begin(raw, FORM, now(), is_first=False)
    return True


async def read_progress(database: Database) -> Progress:
    async with database.connection() as connection:
        build = await crud.find(connection)
    done = min(build["done"], build["total"])
    return Progress(build["state"] == "building", build["is_first"], done, build["total"], build["form"] == FORM)


async def count_pending(database: Database) -> int:
    """Returns the number of chats with messages that the subscriber has still to handle. It reads all chats."""
    async with connected_for_long(database) as connection:
        return await count_pending_streams(connection, SEARCH)
