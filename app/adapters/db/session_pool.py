"""The connections of sessions: SQLAlchemy's pool, whose waiters hear of room that a failure has made."""

from time import monotonic
from typing import Any, cast

from sqlalchemy import AsyncAdaptedQueuePool
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

_LOOK_EVERY = 0.1
"""Seconds."""


class SessionPool(AsyncAdaptedQueuePool):
    """Whoever finds all connections taken waits in line, TimeoutError after `timeout` seconds.

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
            except PoolTimeoutError:
                if monotonic() >= until:
                    raise
