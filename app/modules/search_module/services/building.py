"""Building a new index beside the one that searches read, in chunks that resume, and swapping the two."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from loguru import logger

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.modules.search_module.db.cruds import build as crud
from app.modules.search_module.db.cruds.index import NEXT
from app.modules.search_module.services.indexing import FORM, MESSAGES_AT_ONCE, index_range
from app.modules.search_module.services.subscriber import SEARCH
from app.modules.streams_module.extension import count_pending_streams, hold_stream
from app.modules.streams_module.services.log import now
from app.utils.background import running

_PERIOD = 30.0
"""Seconds between two looks for a build that another process has left half-done."""
_PAUSE = 0.05


class Progress(NamedTuple):
    """How far a build has come; `has_form`: the index that is in use has the lexemes that this code makes. `pending`
    chats have messages that the subscriber has still to handle.
    """

    is_building: bool
    is_first: bool
    done: int
    total: int
    has_form: bool
    pending: int


class Building:
    """Works on the build in the background, one process at a time: who has locked its row.

    Each chunk is a unit of work of its own: a crash loses one chunk. While it holds a chat, the subscriber handles none
    of its events, so nothing that is older is written over what is newer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Around the life of the application."""
        async with running(self._keep()):
            yield

    async def _keep(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await begin_if_missing(self._database)
                await self.finish()
            except Exception as error:  # noqa: BLE001 - the next round resumes where this one stopped
                logger.warning("building the search index was interrupted: {!r}", error)
            await asyncio.sleep(_PERIOD)

    async def finish(self) -> None:
        """Works until no build is left to do, or another process is at it."""
        while (more := await self._build_chunk()) is not None:
            if not more:
                await asyncio.sleep(_PAUSE)

    async def _build_chunk(self) -> bool | None:
        """Returns None where there is nothing to do, False where a subscriber is in the way."""
        async with open_unit_of_work(self._database) as work:
            raw = await work.raw()
            build = await crud.claim(raw)
            if build is None or build["state"] != "building":
                return None
            chat_id, seq = build["chat_id"], build["seq"]
            last_seq = await crud.find_last_seq(raw, chat_id) if chat_id is not None else 0
            if seq >= last_seq:
                following = await crud.find_next_chat(raw, chat_id)
                if following is None:
                    await crud.analyze(raw)
                    await crud.swap(raw, FORM, now())
                    logger.info("the search index is complete")
                    return None
                (chat_id, last_seq), seq = following, 0
            if not await hold_stream(work, SEARCH, chat_id):
                return False
            await index_range(raw, NEXT, chat_id, seq)
            end = min(seq + MESSAGES_AT_ONCE, last_seq)
            await crud.move(raw, chat_id, end, end - seq)
            return True


async def begin_if_missing(database: Database) -> None:
    """Begins a build where messages were never indexed, or indexed in another form."""
    async with open_unit_of_work(database) as work:
        raw = await work.raw()
        build = await crud.claim(raw)
        if build is None or build["state"] == "building":
            return
        is_missing = await crud.is_missing(raw)
        if is_missing or (await crud.find(raw))["form"] != FORM:
            await crud.begin(raw, now(), is_first=is_missing)
            logger.info("building the search index in the background")


async def begin(work: UnitOfWork) -> bool:
    """Begins a build, for an operator. Returns False where one is under way."""
    raw = await work.raw()
    build = await crud.claim(raw)
    if build is None or build["state"] == "building":
        return False
    await crud.begin(raw, now(), is_first=False)
    return True


async def read_progress(database: Database) -> Progress:
    async with database.connection() as connection:
        build = await crud.find(connection)
        pending = await count_pending_streams(connection, SEARCH)
    done = min(build["done"], build["total"])
    return Progress(
        build["state"] == "building", build["is_first"], done, build["total"], build["form"] == FORM, pending
    )
