"""The connections of one process to PostgreSQL: a SQLAlchemy engine, and a pool for the hot paths."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

import orjson
from sqlalchemy import QueuePool
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from app.adapters.db import idle
from app.adapters.db.address import KEEPALIVES, DatabaseAddress
from app.adapters.db.any_server import connect_to_any
from app.adapters.db.connection import Connection, DriverConnection, PooledConnection, translate_errors
from app.adapters.db.connection_counts import BACKGROUND_POOL_SIZE, BACKGROUND_SESSION_POOL_SIZE
from app.adapters.db.opening import ANY_PLAN, open_connection
from app.adapters.db.pool import Pool
from app.adapters.db.session_pool import SessionPool, replace_dead_connections
from app.adapters.errors import DRIVER_ERRORS, DatabaseUnavailable, driver_calls
from app.settings.db_settings import Pooler
from app.utils import metrics
from app.utils.background import cancel_and_wait
from app.utils.tracing import NO_TRACING, Tracing

# With a server that no longer answers, a request fails within 5 s: after it waited for a place in the pool and for a
# new connection, or after it waited for an answer.
POOL_TIMEOUT = 2.5
"""Seconds to wait for a place in the pool."""
CONNECT_TIMEOUT = 2.0
"""Seconds to wait for a new connection."""
TRY_AGAIN_AFTER = 0.25
"""Seconds between two attempts to reach a server that is unavailable."""
TRY_AT_ONCE_AFTER = 0.03
"""Seconds to the next attempt when a caller needs a connection and the last attempt was refused at once. It is short so
that the first requests after a restart of the server succeed."""
COMMAND_TIMEOUT = 4.5
"""Seconds to wait for an answer. Longer than the server's own `statement_timeout`."""

_SESSION = {
    "application_name": "messenger",
    "statement_timeout": "4s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "30s",
    **KEEPALIVES,
    # JIT pays off only in queries that take seconds. Compiling ours would take longer than running them.
    "jit": "off",
}
# Requests read few rows by key. A prepared statement keeps the plan to scan a table that was new, so assumed small,
# until it is analysed, minutes later. Nor is a small batch planned at each call: plans for any values are as good.
_BY_KEY = _SESSION | dict.fromkeys(ANY_PLAN, "off") | {"plan_cache_mode": "force_generic_plan"}
# For the same reason it may choose the wrong one of two indexes: then a send reads every message of its chat.
_PLAN_LIFETIME = 5
"""Seconds after which a statement is prepared again, so that its plan fits the present size of the tables."""


class Database:
    """The connections of one process, opened at the first use.

    So a process can start before its database does; it is not ready until then.
    """

    def __init__(
        self,
        address: DatabaseAddress,
        *,
        pool_size: int = 10,
        session_pool_size: int = 5,
        session: Mapping[str, str] | None = None,
        tracing: Tracing = NO_TRACING,
    ) -> None:
        """`session` has settings of PostgreSQL for the pooled connections, beside the usual ones.

        ANY_PLAN is for statements that read many rows.
        """
        self.address = address
        # Also for the services whose work is in the database.
        self.tracing = tracing
        self._servers = address.servers
        self.unavailable_because: Exception | None = None
        """The reason why no connection can be opened at the moment, or None."""
        self._session = _BY_KEY | dict(session or {})
        self._reconnecting: asyncio.Task[None] | None = None
        self._attempt: asyncio.Task[bool] | None = None
        self._no_attempt_before = 0.0
        self._pool = Pool(partial(self._connect_for_pool, PooledConnection), pool_size, POOL_TIMEOUT)
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            creator=self._open_for_engine,
            poolclass=SessionPool,
            pool_size=session_pool_size,
            pool_timeout=POOL_TIMEOUT,
            pool_use_lifo=True,
            # Parameters would appear in errors and so in the log. Password hashes are among them.
            hide_parameters=True,
            # Subscribers read every event. orjson is three times as fast as the standard library.
            json_deserializer=orjson.loads,
        )
        replace_dead_connections(self.engine)
        translate_errors(self.engine)
        open_session = async_sessionmaker(self.engine, expire_on_commit=False, autoflush=False)
        self.sessions: Callable[[], AbstractAsyncContextManager[AsyncSession]] = tracing.traced_block(
            "transaction", open_session
        )

    async def connect(self, connection_class: type[Connection] = DriverConnection, **settings: Any) -> Connection:
        """Opens a connection outside the pools, which the caller closes. Raises TransientDatabaseError.

        Of several servers it uses the one that accepts writes, and the one used last comes first. They share
        CONNECT_TIMEOUT equally: one that does not answer leaves time for the others.
        """
        connect = partial(
            open_connection,
            session=_SESSION | settings,
            must_be_writable=len(self._servers) > 1,
            timeout=CONNECT_TIMEOUT / len(self._servers),
            command_timeout=COMMAND_TIMEOUT,
            max_cached_statement_lifetime=_PLAN_LIFETIME,
            connection_class=connection_class,
        )
        with driver_calls():
            connection, server = await connect_to_any(self._servers, connect)
            self._servers = sorted(self._servers, key=lambda other: other != server)
            return connection

    async def _connect_for_pool(self, connection_class: type[Connection] = DriverConnection) -> Connection:
        """Opens a connection for a pool. Raises DatabaseUnavailable if the server was unreachable a moment ago.

        After a failure one task keeps trying to connect. Callers share one more attempt, if the last one was refused
        at once and the pause since then is over; else they fail without waiting. Hundreds of attempts would slow a
        server that is starting. Such a server may also accept a connection and not answer for seconds.
        """
        if self.unavailable_because is not None and not await self._is_reachable():
            raise DatabaseUnavailable("the database was unreachable a moment ago")
        try:
            return await self.connect(connection_class, **self._session)
        except DRIVER_ERRORS as error:
            self.unavailable_because = error
            if self._reconnecting is None:
                self._no_attempt_before = asyncio.get_running_loop().time() + TRY_AT_ONCE_AFTER
                self._reconnecting = asyncio.create_task(self._reconnect())
            raise

    def _open_for_engine(self) -> Any:
        """Opens a connection as SQLAlchemy does for `async_creator`, which cannot pass these options."""
        driver: Any = self.engine.dialect.dbapi
        # Prepares each statement anew, without a name: `str()` is the name.
        unnamed: dict[str, Any] = {"prepared_statement_cache_size": 0, "prepared_statement_name_func": str}
        options = unnamed if self.address.pooler is Pooler.TRANSACTION else {}
        return driver.connect(async_creator_fn=self._connect_for_pool, **options)

    async def _is_reachable(self) -> bool:
        """Returns True if the shared attempt to connect succeeds within TRY_AGAIN_AFTER."""
        if self._attempt is None and asyncio.get_running_loop().time() < self._no_attempt_before:
            return False
        attempt = self._shared_attempt()
        await asyncio.wait([attempt], timeout=TRY_AGAIN_AFTER)
        return attempt.done() and attempt.result()

    def _shared_attempt(self) -> "asyncio.Task[bool]":
        """Returns the attempt to connect that is in progress, or starts one."""
        if self._attempt is None:
            self._attempt = asyncio.create_task(self._attempt_once())
        return self._attempt

    async def _attempt_once(self) -> bool:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            (await self.connect()).terminate()
        except DRIVER_ERRORS as error:
            self.unavailable_because = error
            # Callers do not try a server that accepts connections and stays silent: they would wait in vain.
            is_refused = loop.time() - began < TRY_AGAIN_AFTER
            self._no_attempt_before = loop.time() + (TRY_AT_ONCE_AFTER if is_refused else CONNECT_TIMEOUT)
            return False
        else:
            self.unavailable_because = None
            return True
        finally:
            self._attempt = None

    async def _reconnect(self) -> None:
        try:
            while self.unavailable_because is not None:
                await asyncio.sleep(TRY_AGAIN_AFTER)
                # An attempt for a caller may have succeeded meanwhile.
                if self.unavailable_because is not None:
                    await self._shared_attempt()
        finally:
            self._reconnecting = None

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["Database"]:
        """Closes all connections at the end of the block, which is the application's lifetime."""
        try:
            yield self
        finally:
            for task in (self._reconnecting, self._attempt):
                if task is not None:
                    await cancel_and_wait(task)
            # Requests are over by now. A clean close would wait for a server that may be gone.
            self._pool.terminate()
            await self.engine.dispose()

    def measure(self) -> None:
        """Sets the metrics of this database: is it available, and the idle and busy connections in each pool."""
        metrics.DATABASE_AVAILABLE.set(self.unavailable_because is None)
        metrics.POOL_CONNECTIONS.labels("hot", "idle").set(self._pool.idle)
        metrics.POOL_CONNECTIONS.labels("hot", "busy").set(self._pool.busy)
        sessions = self.engine.pool
        if isinstance(sessions, QueuePool):
            metrics.POOL_CONNECTIONS.labels("session", "idle").set(sessions.checkedin())
            metrics.POOL_CONNECTIONS.labels("session", "busy").set(sessions.checkedout())

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """Acquires a pooled asyncpg connection for a hot path. A row by key costs a tenth of the same in a session."""
        return self._pool.connection()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """Opens a read-only session, in which PostgreSQL refuses to write. Changes go through the unit of work."""
        async with self.sessions() as session:
            await session.connection(execution_options={"postgresql_readonly": True})
            yield session


class BackgroundDatabase(Database):
    """The small pools of subscribers and jobs. Requests and background work do not wait for each other's connections.

    A transaction that is idle for 8 s is ended by the server. So another process can take over the work of a process
    that froze in the middle of one.
    """

    def __init__(self, address: DatabaseAddress, tracing: Tracing = NO_TRACING) -> None:
        super().__init__(
            address,
            tracing=tracing,
            pool_size=BACKGROUND_POOL_SIZE,
            session_pool_size=BACKGROUND_SESSION_POOL_SIZE,
            session={
                "application_name": "messenger background",
                "idle_in_transaction_session_timeout": f"{idle.IDLE_LIMIT:g}s",
            },
        )

    def measure(self) -> None:
        """Does nothing: the metrics count the connections of requests only."""
