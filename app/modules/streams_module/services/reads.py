"""Reads of pages: on a replica that has all that the reader may have seen, else on the primary.

The sequence number decides. The primary first checks the reader's access and gives the heads of the streams: no commit
that was acknowledged before the request is missing in them. A replica is used if its heads are not lower. A replica
only moves forward, so what is read there after this comparison is at least as new.

A replica may also have more than a standby that was promoted: changes of the lost primary, which no other server has.
It cannot follow any further, so it remains on the timeline from before the promotion, and is not used.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar
from uuid import UUID

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.replicas import TIMEOUT, Replicas, read_timeline
from app.adapters.errors import DRIVER_ERRORS
from app.modules.streams_module.db.cruds.read import list_heads
from app.modules.streams_module.services import metrics

T = TypeVar("T")
Heads = Mapping[UUID, int]


class _NoReplica(Exception):
    """No replica can be read: each is `down`, or `behind`, or the last one tried has `failed`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StreamReads:
    """The reads of one process. Without replicas they are reads on the primary and nothing else."""

    def __init__(self, database: Database, replicas: Replicas) -> None:
        self._database = database
        self._replicas = replicas

    async def read(
        self, find_heads: Callable[[Connection], Awaitable[Heads]], job: Callable[[Connection], Awaitable[T]]
    ) -> T:
        """Returns what `job` reads.

        `find_heads` runs on the primary. It raises if the reader has no access, and returns the last numbers of the
        streams that the job reads. `job` may be called again on the primary, so it must only read.
        """
        if self._replicas.all:
            try:
                found = await self._read_replica(find_heads, job)
            except _NoReplica as none:
                metrics.READS_FROM_PRIMARY.inc()
                metrics.REPLICA_FALLBACKS.labels(none.reason).inc()
            else:
                metrics.READS_FROM_REPLICA.inc()
                return found
        async with self._database.connection() as connection:
            return await job(connection)

    async def _read_replica(
        self, find_heads: Callable[[Connection], Awaitable[Heads]], job: Callable[[Connection], Awaitable[T]]
    ) -> T:
        """Returns what `job` reads on the first replica that has the heads. Raises _NoReplica if none has."""
        replicas = self._replicas.usable()
        if not replicas:
            raise _NoReplica("down")
        async with self._database.connection() as connection:
            heads = await find_heads(connection)
            timeline = await read_timeline(connection)
        for replica in replicas:
            reason = "behind"
            if replica.timeline != timeline:
                continue
            try:
                async with asyncio.timeout(TIMEOUT), replica.connection() as connection:
                    if await _has(connection, heads):
                        return await job(connection)
            except DRIVER_ERRORS as error:
                replica.report(error)
                reason = "failed"
        raise _NoReplica(reason)


async def _has(connection: Connection, heads: Heads) -> bool:
    """Returns True if the server of the connection has all events of these streams up to their heads."""
    here = await list_heads(connection, list(heads))
    return all(here.get(stream_id, (1, 0))[1] >= head for stream_id, head in heads.items())


async def heads_of(connection: Connection, *stream_ids: UUID) -> Heads:
    """Returns the last numbers of streams whose access was checked."""
    heads = await list_heads(connection, list(stream_ids))
    return {stream_id: last_seq for stream_id, (_, last_seq) in heads.items()}
