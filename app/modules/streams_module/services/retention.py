"""Deletes events older than the retention time: in chunks, each a short transaction under its stream's lock."""

from datetime import datetime, timedelta
from time import time
from uuid import UUID

from loguru import logger

from app.adapters.db.database import BackgroundDatabase, Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.jobs_module.extension import Job, JobContext, Nothing, Schedule
from app.modules.streams_module.db.cruds.append import lock_streams
from app.modules.streams_module.db.cruds.prune import find_first_to_keep, list_candidates
from app.modules.streams_module.db.cruds.read import delete_oldest, find_head_or_start
from app.modules.streams_module.services import metrics
from app.modules.streams_module.services.log import now
from app.settings.streams_settings import StreamsSettings

_STREAMS_AT_ONCE = 1_000
EVENTS_AT_ONCE = 1_000
"""Events that one transaction deletes: the stream's lock, which blocks sends, is held for milliseconds."""
_PERIOD = 3_600.0
_LONGEST = 1_800.0
"""Seconds that one run may take. The next run continues where it stopped."""


async def forget_old_events(context: JobContext, _: Nothing) -> None:
    """Deletes events older than STREAM_RETENTION_DAYS."""
    days = context.container.get(StreamsSettings).retention_days
    pruned = await prune(context.container.get(BackgroundDatabase), cutoff(days))
    metrics.RETENTION_LAST.set(time())
    if pruned:
        logger.info("{} events older than {} days were deleted", pruned, days)


FORGET_OLD_EVENTS = Job("streams.forget_old_events", Nothing, forget_old_events, timeout_s=_LONGEST)
EVERY_HOUR = Schedule(FORGET_OLD_EVENTS, _PERIOD)


def cutoff(days: int) -> datetime:
    """Returns the time before which events are deleted."""
    return now() - timedelta(days=days)


async def prune(database: Database, before: datetime) -> int:
    """Deletes events from before a time, except the last one of each stream, so that its numbering continues.

    Returns the number of deleted events.
    """
    pruned, after = 0, UUID(int=0)
    while True:
        async with database.connection() as connection:
            rows = await list_candidates(connection, after, before, _STREAMS_AT_ONCE)
        if not rows:
            return pruned
        for row in rows:
            while row["is_old"] and (count := await prune_chunk(database, row["id"], before)):
                pruned += count
                metrics.EVENTS_PRUNED.inc(count)
        after = rows[-1]["id"]


async def prune_chunk(database: Database, stream_id: UUID, before: datetime) -> int:
    """Deletes the oldest events of one stream, in one transaction. Returns their number: up to EVENTS_AT_ONCE."""
    async with open_unit_of_work(database) as work:
        raw = await work.raw()
        await lock_streams(raw, [stream_id])
        first_seq, last_seq = await find_head_or_start(raw, stream_id)
        # Clocks of processes may differ, so times need not ascend: only the longest prefix of old events is deleted.
        until = await find_first_to_keep(raw, stream_id, first_seq, min(first_seq + EVENTS_AT_ONCE, last_seq), before)
        if until <= first_seq:
            return 0
        await delete_oldest(raw, stream_id, first_seq, until)
        return until - first_seq
