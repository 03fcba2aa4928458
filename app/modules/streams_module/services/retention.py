"""Forgetting events that are too old: in chunks, each a short transaction under its stream's lock."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from time import time
from uuid import UUID

import asyncpg
from loguru import logger

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.streams_module.db.cruds.append import lock_streams
from app.modules.streams_module.db.cruds.prune import find_first_to_keep, list_candidates
from app.modules.streams_module.db.cruds.read import delete_oldest, find_head
from app.modules.streams_module.services.log import now
from app.utils import metrics

_STREAMS_AT_ONCE = 1_000
EVENTS_AT_ONCE = 1_000
"""Events that one transaction deletes: the stream's lock, which sends wait for, is held for milliseconds."""
_ONE_AT_A_TIME = 7_215_331_047
"""Key of the lock that lets one process at a time look for what is old. Two of them would do no harm, only twice the
work: what makes pruning safe is the lock of each stream."""
_PERIOD = 3_600.0
_FIRST_AFTER = 60.0


class Retention:
    """Prunes by itself, in whichever process comes first."""

    def __init__(
        self, database: Database, days: int, *, period: float = _PERIOD, first_after: float = _FIRST_AFTER
    ) -> None:
        self._database = database
        self._days = days
        self._period = period
        self._first_after = first_after

    async def keep_pruning(self) -> None:
        """Until cancelled."""
        await asyncio.sleep(self._first_after)
        while True:
            try:
                pruned = await self.prune_if_first()
                if pruned:
                    logger.info("{} events older than {} days were deleted", pruned, self._days)
            except Exception as error:  # noqa: BLE001 - the next round resumes where this one stopped
                logger.warning("cannot delete old events: {!r}", error)
            await asyncio.sleep(self._period)

    async def prune_if_first(self) -> int | None:
        """How many events went; None where another process is at it."""
        connection = await self._database.connect()
        try:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _ONE_AT_A_TIME):
                return None
            pruned = await prune(self._database, cutoff(self._days))
            metrics.RETENTION_LAST.set(time())
            return pruned
        finally:
            # The lock is the session's, and ends with it.
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                await connection.close(timeout=2)


def cutoff(days: int) -> datetime:
    """Events from before this moment are forgotten."""
    return now() - timedelta(days=days)


async def prune(database: Database, before: datetime, told: Callable[[int], None] = lambda _: None) -> int:
    """Deletes the events from before a moment, but for the last one of each stream: its number goes on.

    How many went; `told` hears of each chunk.
    """
    pruned, after = 0, UUID(int=0)
    while True:
        async with database.connection() as connection:
            rows = await list_candidates(connection, after, before, _STREAMS_AT_ONCE)
        if not rows:
            return pruned
        for row in rows:
            while row["is_old"] and (count := await _prune_chunk(database, row["id"], before)):
                pruned += count
                metrics.EVENTS_PRUNED.inc(count)
                told(count)
        after = rows[-1]["id"]


async def _prune_chunk(database: Database, stream_id: UUID, before: datetime) -> int:
    async with open_unit_of_work(database) as work:
        raw = await work.raw()
        await lock_streams(raw, [stream_id])
        first_seq, last_seq = await find_head(raw, stream_id) or (1, 0)
        # An event's time is by the clock of whoever wrote it: the oldest numbers go while they are old, and no others.
        until = await find_first_to_keep(raw, stream_id, first_seq, min(first_seq + EVENTS_AT_ONCE, last_seq), before)
        if until <= first_seq:
            return 0
        await delete_oldest(raw, stream_id, first_seq, until)
        return until - first_seq
