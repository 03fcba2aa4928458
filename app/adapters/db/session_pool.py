"""The connection pool of sessions: SQLAlchemy's pool with a fair queue of waiting tasks."""

import asyncio
from time import monotonic
from typing import Any

from sqlalchemy import AdaptedConnection, AsyncAdaptedQueuePool, event
from sqlalchemy.exc import DisconnectionError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import await_only

from app.adapters.db.pool import TRUSTED_SECONDS, is_alive
from app.adapters.errors import PoolExhausted
from app.utils import metrics
from app.utils.remote_client import check_client


class SessionPool(AsyncAdaptedQueuePool):
    """A pool that serves waiting tasks in order of arrival. Raises PoolExhausted after `timeout` seconds.

    SQLAlchemy's queue wakes one waiting task when a connection is released, but none when opening one has failed. Here
    each task takes a place first, and there are as many places as connections. A task whose client left while it waited
    gives its place to the next one and raises ClientLeft. The overridden methods are those that SQLAlchemy's own pools
    override: see tests/test_patched_internals.py.
    """

    _sqla_logger_namespace = "sqlalchemy.pool.SessionPool"

    def __init__(self, creator: Any, *, pool_size: int = 5, timeout: float = 30.0, **options: Any) -> None:
        super().__init__(creator, pool_size=pool_size, timeout=timeout, **options | {"max_overflow": 0})
        self._places = asyncio.Semaphore(pool_size)

    def _do_get(self) -> ConnectionPoolEntry:
        has_to_wait = self._places.locked()
        await_only(self._take_place())
        try:
            if has_to_wait:
                check_client()
            return super()._do_get()
        except BaseException:
            self._places.release()
            raise

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        super()._do_return_conn(record)
        self._places.release()

    async def _take_place(self) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                await self._places.acquire()
        except TimeoutError as error:
            metrics.POOL_TIMEOUTS.labels("session").inc()
            raise PoolExhausted(f"all {self.size()} connections were in use for {self._timeout} s") from error


def replace_dead_connections(engine: AsyncEngine) -> None:
    """Makes the engine's pool replace a connection that died while it was idle, before it is used."""
    event.listen(engine.sync_engine, "checkin", _note_return)
    event.listen(engine.sync_engine, "checkout", _check)


def _note_return(_connection: AdaptedConnection | None, entry: ConnectionPoolEntry) -> None:
    entry.info["idle_since"] = monotonic()


def _check(connection: AdaptedConnection, entry: ConnectionPoolEntry, _fairy: object) -> None:
    """Checks a connection before it is used.

    Raises DisconnectionError if it is closed: the pool replaces it. Raises InvalidatePoolError if the server does not
    answer: the pool also replaces all connections that are at least as old.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError
    idle_since = entry.info.get("idle_since")
    if idle_since is None or monotonic() - idle_since <= TRUSTED_SECONDS:
        return
    if not connection.run_async(is_alive):
        raise InvalidatePoolError
