"""The connections of one process to its PostgreSQL: a SQLAlchemy engine, and a pool for the hot paths."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

import asyncpg
import orjson
from sqlalchemy import QueuePool
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection, DriverConnection, PooledConnection, translate_errors
from app.adapters.db.pool import Pool
from app.adapters.db.session_pool import SessionPool, replace_dead_connections
from app.adapters.errors import DRIVER_ERRORS, DatabaseUnavailable, driver_calls
from app.utils import metrics
from app.utils.background import cancel_and_wait

# A server that no longer answers at all: whoever asks is told within 5 s, after waiting for a place in the pool and for
# a new connection, or after waiting for an answer.
POOL_TIMEOUT = 2.5
"""Seconds to a place in the pool."""
CONNECT_TIMEOUT = 2.0
"""Seconds to a new connection."""
TRY_AGAIN_AFTER = 0.25
"""Seconds from one try to reach a server that is away to the next."""
TRY_AT_ONCE_AFTER = 0.03
"""The same where a caller asks and the last try was refused at once: the first calls after a restart succeed."""
COMMAND_TIMEOUT = 4.5
"""Seconds to an answer: longer than the server's own patience with a statement."""

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

    def __init__(
        self,
        address: DatabaseAddress,
        *,
        pool_size: int = 10,
        session_pool_size: int = 5,
        session: Mapping[str, str] | None = None,
    ) -> None:
        """`session` are settings of PostgreSQL for the pooled connections, beside the usual ones."""
        self.address = address
        self.unavailable_because: Exception | None = None
        """Why no connection can be opened at the moment."""
        self._session = _BY_KEY | dict(session or {})
        self._return: asyncio.Task[None] | None = None
        self._try: asyncio.Task[bool] | None = None
        self._no_try_before = 0.0
        self._pool = Pool(partial(self._connect_for_pool, PooledConnection), pool_size, POOL_TIMEOUT)
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self._connect_for_pool,
            poolclass=SessionPool,
            pool_size=session_pool_size,
            pool_timeout=POOL_TIMEOUT,
            pool_use_lifo=True,
            # Else an error tells them, and the log with it: a password's hash is among them.
            hide_parameters=True,
            # Subscribers read every event: three times as fast as the standard library's.
            json_deserializer=orjson.loads,
        )
        replace_dead_connections(self.engine)
        translate_errors(self.engine)
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False, autoflush=False)

    async def connect(self, connection_class: type[Connection] = DriverConnection, **settings: Any) -> Connection:
        """A connection of its own, outside the pools; the caller closes it. Raises TransientDatabaseError."""
        with driver_calls():
            return await asyncpg.connect(
                **self.address.connect_arguments(),
                timeout=CONNECT_TIMEOUT,
                command_timeout=COMMAND_TIMEOUT,
                connection_class=connection_class,
                server_settings=_SESSION | settings,
            )

    async def _connect_for_pool(self, connection_class: type[Connection] = DriverConnection) -> Connection:
        """Once a server could not be reached, one task tries on. Callers share one more try, where the last one was
        refused at once and a moment ago; else they are refused without waiting. Hundreds of tries would take the time
        of a server that is about to come back, and one that starts may accept a connection and say nothing for seconds.
        """
        if self._return is not None and not await self._has_returned():
            raise DatabaseUnavailable("the database was unreachable a moment ago")
        try:
            return await self.connect(connection_class, **self._session)
        except DRIVER_ERRORS as error:
            self.unavailable_because = error
            if self._return is None:
                self._no_try_before = asyncio.get_running_loop().time() + TRY_AT_ONCE_AFTER
                self._return = asyncio.create_task(self._wait_for_return())
            raise

    async def _has_returned(self) -> bool:
        """Returns True if a try that is under way now succeeds soon."""
        if self._try is None and asyncio.get_running_loop().time() < self._no_try_before:
            return False
        trying = self._reach()
        await asyncio.wait([trying], timeout=TRY_AGAIN_AFTER)
        return trying.done() and trying.result()

    def _reach(self) -> "asyncio.Task[bool]":
        """Returns the try that is under way, or a new one."""
        if self._try is None:
            self._try = asyncio.create_task(self._try_once())
        return self._try

    async def _try_once(self) -> bool:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            (await self.connect()).terminate()
        except DRIVER_ERRORS as error:
            self.unavailable_because = error
            # A server that is silent is not asked by callers, who would wait for it in vain.
            is_refused = loop.time() - began < TRY_AGAIN_AFTER
            self._no_try_before = loop.time() + (TRY_AT_ONCE_AFTER if is_refused else CONNECT_TIMEOUT)
            return False
        else:
            self.unavailable_because = None
            return True
        finally:
            self._try = None

    async def _wait_for_return(self) -> None:
        try:
            is_back = False
            while not is_back:
                await asyncio.sleep(TRY_AGAIN_AFTER)
                is_back = await self._reach()
        finally:
            self._return = None

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["Database"]:
        """Around the life of the application: closes everything at the end."""
        try:
            yield self
        finally:
            for task in (self._return, self._try):
                if task is not None:
                    await cancel_and_wait(task)
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
        """A read-only session: PostgreSQL refuses to write in it. Only the unit of work commits one."""
        async with self.sessions() as session:
            await session.connection(execution_options={"postgresql_readonly": True})
            yield session


class BackgroundDatabase(Database):
    """The small pools of subscribers and jobs, so that neither waits for the other kind of work, nor requests for them.

    A process that freezes in the middle of a transaction loses it soon, and another one takes over.
    """

    POOL_SIZE = 4
    SESSION_POOL_SIZE = 6

    def __init__(self, address: DatabaseAddress) -> None:
        super().__init__(
            address,
            pool_size=self.POOL_SIZE,
            session_pool_size=self.SESSION_POOL_SIZE,
            session={"application_name": "messenger background", "idle_in_transaction_session_timeout": "8s"},
        )

    def measure(self) -> None:
        """Its connections are not among those of requests."""
