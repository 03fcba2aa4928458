"""The connections of one process to its PostgreSQL: a SQLAlchemy engine, and a pool for the hot paths."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

import asyncpg
from sqlalchemy import QueuePool
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.pool import Connection, Pool
from app.utils import metrics

CONNECT_TIMEOUT = 3.0
"""Seconds to a connection, also to a free one of the pool."""
COMMAND_TIMEOUT = 5.0
"""Seconds to an answer: the driver's patience, for a server that no longer answers at all."""

_SESSION = {
    "application_name": "messenger",
    "statement_timeout": "4s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "30s",
    # JIT pays off in seconds-long queries only; ours last less than its compilation.
    "jit": "off",
}
# Requests take few rows by key. PostgreSQL, which knows a new table as small, would read it whole, and go on so in
# a prepared statement while the table grows: until it is analysed, some minutes and many thousand rows later.
_BY_KEY = _SESSION | {"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off"}


class Database:
    """Opens nothing until the first use: a server that is away at the start is a server that is not ready yet."""

    def __init__(self, address: DatabaseAddress, *, pool_size: int = 10, session_pool_size: int = 5) -> None:
        self.address = address
        self._pool = Pool(partial(self.connect, **_BY_KEY), pool_size, CONNECT_TIMEOUT)
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=partial(self.connect, **_BY_KEY),
            pool_size=session_pool_size,
            max_overflow=0,
            pool_timeout=CONNECT_TIMEOUT,
            # A connection that died while idle is found by its use, once; the pool then drops all of its age.
            pool_use_lifo=True,
            # Else an error tells them, and the log with it: a password's hash is among them.
            hide_parameters=True,
        )
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False, autoflush=False)

    async def connect(self, **settings: Any) -> Connection:
        """A connection of its own, outside the pools; the caller closes it."""
        return await asyncpg.connect(
            **self.address.connect_arguments(),
            timeout=CONNECT_TIMEOUT,
            command_timeout=COMMAND_TIMEOUT,
            server_settings=_SESSION | settings,
        )

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["Database"]:
        """Around the life of the application: closes everything at the end."""
        try:
            yield self
        finally:
            # Requests are over by now; a server that has gone would be waited for in vain.
            self._pool.terminate()
            await self.engine.dispose()

    def measure(self) -> None:
        """Tells the metrics how many connections there are, and how many of them are at work."""
        metrics.POOL_CONNECTIONS.labels("hot", "idle").set(self._pool.idle)
        metrics.POOL_CONNECTIONS.labels("hot", "busy").set(self._pool.busy)
        sessions = self.engine.pool
        if isinstance(sessions, QueuePool):
            metrics.POOL_CONNECTIONS.labels("session", "idle").set(sessions.checkedin())
            metrics.POOL_CONNECTIONS.labels("session", "busy").set(sessions.checkedout())

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """A pooled asyncpg connection for a hot path: one row by key costs a tenth of what a session takes."""
        return self._pool.connection()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session that is rolled back at its end; only the unit of work commits one."""
        async with self.sessions() as session:
            yield session
