"""The replicas of the database: a pool for each, and whether it can be used at the moment."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from time import perf_counter

from loguru import logger

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection, DriverConnection
from app.adapters.db.database import Database
from app.adapters.errors import DRIVER_ERRORS, DatabaseUnavailable, as_transient
from app.utils.background import running

CHECK_PERIOD = 1.0
"""Seconds between two checks of a replica that works."""
_LONGEST_PAUSE = 30.0
"""Seconds between two checks of a replica that is down. The pause doubles up to this."""
TIMEOUT = 1.0
"""Seconds that a read may take on a replica. Then the primary answers."""
# Of a standby: what it was last sent, if the role may see that, or what it stores as soon as it writes a changed page.
_CHECK = """
SELECT pg_is_in_recovery() AS is_standby, greatest(
    (SELECT received_tli FROM pg_stat_wal_receiver), (SELECT timeline_id FROM pg_control_checkpoint()),
    (SELECT min_recovery_end_timeline FROM pg_control_recovery())
) AS timeline
"""
_TIMELINE_OF_PRIMARY = """
SELECT CASE WHEN NOT pg_is_in_recovery()
    THEN ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END
"""


async def read_timeline(primary: Connection) -> int | None:
    """Returns the timeline of a primary: a number that grows at each promotion. None if the server is a standby."""
    timeline: int | None = await primary.fetchval(_TIMELINE_OF_PRIMARY)
    return timeline


class NotChecked(Exception):
    """The replica has not answered yet since the start of this process."""


class Replica(Database):
    """The connections to one replica. It is used only after it has answered, and until it fails."""

    def __init__(self, address: DatabaseAddress, pool_size: int) -> None:
        super().__init__(address, pool_size=pool_size, session={"application_name": "messenger replica"})
        self.unavailable_because = NotChecked("not checked yet")
        self.round_trip: float | None = None
        """Seconds of the last check."""
        self.is_standby = False
        self.timeline = 0
        """It has followed the primary at least to this timeline."""

    @property
    def is_usable(self) -> bool:
        """Returns True if reads may try it. A promoted replica is the primary: nothing is won by reading there."""
        return self.unavailable_because is None and self.is_standby

    def report(self, error: BaseException) -> None:
        """Stops the use of the replica until its next successful check, if the error says that it is unavailable."""
        transient = as_transient(error)
        if isinstance(transient, DatabaseUnavailable):
            self._set_state(transient)

    async def keep_checking(self) -> None:
        """Checks the replica until cancelled."""
        pause = CHECK_PERIOD
        while True:
            began = perf_counter()
            try:
                async with asyncio.timeout(TIMEOUT), self.connection() as connection:
                    ((self.is_standby, self.timeline),) = await connection.fetch(_CHECK)
            except DRIVER_ERRORS as error:
                self._set_state(error)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                self.round_trip = perf_counter() - began
                self._set_state(None)
                pause = CHECK_PERIOD
            await asyncio.sleep(pause)

    def measure(self) -> None:
        """Does nothing: the metrics of pools count the connections to the primary only."""

    def _set_state(self, error: Exception | None) -> None:
        before, self.unavailable_because = self.unavailable_because, error
        if error is not None and (before is None or isinstance(before, NotChecked)):
            logger.warning("replica {} is unavailable: {!r}", self.address, error)
        elif error is None and before is not None:
            logger.info("replica {} is available", self.address)

    async def _connect_for_pool(self, connection_class: type[Connection] = DriverConnection) -> Connection:
        # The checks find out when it is back: no read waits for it.
        return await self.connect(connection_class, **self._session)


class Replicas:
    """The replicas of one process. Without any, nothing of this costs anything."""

    def __init__(self, addresses: Sequence[DatabaseAddress], pool_size: int) -> None:
        self.all = [Replica(address, pool_size) for address in addresses]
        self._turn = 0

    def usable(self) -> list[Replica]:
        """Returns the replicas that reads may try, each time beginning with another one."""
        self._turn += 1
        usable = [replica for replica in self.all if replica.is_usable]
        first = self._turn % len(usable) if usable else 0
        return usable[first:] + usable[:first]

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Checks the replicas for the time of the block, and closes their connections at its end."""
        async with AsyncExitStack() as stack:
            for replica in self.all:
                await stack.enter_async_context(replica.connected())
            await stack.enter_async_context(running(*(replica.keep_checking() for replica in self.all)))
            yield
