"""The connections of sessions: SQLAlchemy's pool, whose waiters hear of room that a failure has made."""

from time import monotonic
from typing import Any, cast

from sqlalchemy import AdaptedConnection, AsyncAdaptedQueuePool, event
from sqlalchemy.exc import DisconnectionError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

from app.adapters.db.pool import TRUSTED_SECONDS, is_alive
from app.adapters.errors import PoolExhausted
from app.utils import metrics

_LOOK_EVERY = 0.1
"""Seconds."""


class SessionPool(AsyncAdaptedQueuePool):
    """Whoever finds all connections taken waits in line, PoolExhausted after `timeout` seconds.

    The library's pool wakes who waits when a connection comes back. Where opening one has failed none does: with a
    server that refuses, those in line would hear of it after all of their patience. So they look up now and then.
    """

    _sqla_logger_namespace = "sqlalchemy.pool.SessionPool"

    def __init__(self, creator: Any, *, timeout: float = 30.0, **options: Any) -> None:
        super().__init__(creator, timeout=_LOOK_EVERY, **options)
        self._patience = timeout

    def recreate(self) -> "SessionPool":
        again = cast("SessionPool", super().recreate())
        again._patience = self._patience
        return again

    def _do_get(self) -> ConnectionPoolEntry:
        until = monotonic() + self._patience
        while True:
            try:
                return super()._do_get()
            except PoolTimeoutError as error:
                if monotonic() >= until:
                    metrics.POOL_TIMEOUTS.labels("session").inc()
                    raise PoolExhausted(f"all {self.size()} connections were in use for {self._patience} s") from error


def replace_dead_connections(engine: AsyncEngine) -> None:
    """Lets the engine's pool replace a connection that died while it was idle before it is used."""
    event.listen(engine.sync_engine, "checkin", _note_return)
    event.listen(engine.sync_engine, "checkout", _check)


def _note_return(_connection: AdaptedConnection | None, entry: ConnectionPoolEntry) -> None:
    entry.info["idle_since"] = monotonic()


def _check(connection: AdaptedConnection, entry: ConnectionPoolEntry, _fairy: object) -> None:
    """The errors tell the pool to open another connection in the place of this one, the second one also in the places
    of all that are as old.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError
    idle_since = entry.info.get("idle_since")
    if idle_since is None or monotonic() - idle_since <= TRUSTED_SECONDS:
        return
    if not connection.run_async(is_alive):
        raise InvalidatePoolError
