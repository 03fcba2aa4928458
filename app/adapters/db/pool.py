"""The connection pool of the hot paths.

asyncpg's own pool starts a task for each acquire and each release, and wraps every call. That doubles the cost of
reading one row by key.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from app.adapters.db.connection import Connection
from app.adapters.errors import DRIVER_ERRORS, DatabaseReadOnly, PoolExhausted
from app.utils import metrics
from app.utils.background import keep_running

IDLE_SECONDS = 300.0
"""Seconds after which an idle connection is dropped: a firewall or proxy on the way may have forgotten it."""
TRUSTED_SECONDS = 1.0
"""Seconds after which an idle connection is tested before it is used, by one round trip. The server may have vanished
meanwhile without closing it."""
PING_TIMEOUT = 1.0
"""The timeout of that test, in seconds."""


async def is_alive(connection: Connection) -> bool:
    """Returns True if the server answers on the connection; otherwise closes it.

    The answer comes after a statement that still runs on the connection.
    """
    try:
        await connection.execute("SELECT 1", timeout=PING_TIMEOUT)
    except DRIVER_ERRORS:
        connection.terminate()
    return not connection.is_closed()


class Pool:
    """A pool of up to `size` connections, opened when they are needed. The one used last is used next.

    When all of them are in use, tasks wait in a queue; PoolExhausted is raised after `timeout` seconds. A connection is
    dropped if it is closed, released inside a transaction, or has failed. One that died while it was idle is replaced
    before it is used. A task that is cancelled costs no connection: its statement finishes, and the next task gets it.
    """

    def __init__(self, connect: Callable[[], Coroutine[Any, Any, Connection]], size: int, timeout: float) -> None:
        self._connect = connect
        self._size = size
        self._timeout = timeout
        self._idle: list[tuple[Connection, float]] = []
        self._acquired: set[Connection] = set()
        self._opening = 0
        self._is_over = False
        # Work that cancelled tasks left behind: connections that are being opened, and statements that finish.
        self._background: set[asyncio.Task[None]] = set()
        # Each receives a connection, or None as the permission to open one.
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()

    @property
    def idle(self) -> int:
        return len(self._idle)

    @property
    def busy(self) -> int:
        return len(self._acquired) + self._opening

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Acquires a connection for the time of the block. Raises TransientDatabaseError."""
        connection = await self._acquire()
        give_back = self._release
        try:
            yield connection
        except asyncio.CancelledError:
            give_back = self._release_later
            raise
        except DRIVER_ERRORS as error:
            connection.terminate()
            if isinstance(error, DatabaseReadOnly):
                self._close_idle()
            raise
        finally:
            give_back(connection)

    def _close_idle(self) -> None:
        for connection, _ in self._idle:
            connection.terminate()

    def terminate(self) -> None:
        """Terminates all connections at once, and those that are being opened as soon as they are open."""
        self._is_over = True
        for connection in [*self._acquired, *(connection for connection, _ in self._idle)]:
            connection.terminate()
        self._idle.clear()
        for task in self._background:
            task.cancel()

    async def _acquire(self) -> Connection:
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection, since = self._idle.pop()
            if not connection.is_closed() and since > now - IDLE_SECONDS:
                self._acquired.add(connection)
                if since > now - TRUSTED_SECONDS or await self._is_alive(connection, since):
                    return connection
                return await self._open()
            connection.terminate()
        if self.busy < self._size:
            self._opening += 1
            return await self._open()
        return await self._wait() or await self._open()

    async def _is_alive(self, connection: Connection, since: float) -> bool:
        """Returns True if an acquired connection still answers.

        If not, its place is free for a new one, and the connections that were idle for at least as long are closed too.
        """
        try:
            if await is_alive(connection):
                return True
        except asyncio.CancelledError:
            self._release_later(connection)
            raise
        self._acquired.discard(connection)
        self._opening += 1
        for other in self._idle:
            if other[1] <= since:
                other[0].terminate()
        return False

    async def _open(self) -> Connection:
        """Opens a connection; the caller has counted it in `_opening`. If the caller is cancelled, others get it."""
        opening = asyncio.ensure_future(self._connect())
        try:
            connection = await asyncio.shield(opening)
        except asyncio.CancelledError:
            keep_running(self._background, self._release_opened(opening))
            raise
        except BaseException:
            self._hand_over(None)
            raise
        self._add(connection)
        return connection

    async def _release_opened(self, opening: "asyncio.Future[Connection]") -> None:
        try:
            connection = await opening
        except BaseException as error:
            if opening.done() and not opening.cancelled() and opening.exception() is None:
                # It was opened at the moment when the pool ended.
                opening.result().terminate()
            self._hand_over(None)
            if not isinstance(error, DRIVER_ERRORS):
                raise
        else:
            self._add(connection)
            self._release(connection)

    def _add(self, connection: Connection) -> None:
        """Counts an opened connection as acquired."""
        self._opening -= 1
        self._acquired.add(connection)
        if self._is_over:
            connection.terminate()

    async def _wait(self) -> "Connection | None":
        slot: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(slot)
        try:
            async with asyncio.timeout(self._timeout):
                return await slot
        except BaseException as error:
            # Cancelled at the moment when it received the slot: the next task gets it.
            if slot.done() and not slot.cancelled():
                given = slot.result()
                self._release(given) if given is not None else self._hand_over(None)
            if isinstance(error, TimeoutError):
                metrics.POOL_TIMEOUTS.labels("hot").inc()
                raise PoolExhausted(f"all {self._size} connections were in use for {self._timeout} s") from error
            raise

    def _release_later(self, connection: Connection) -> None:
        """Releases the connection once its statement has finished."""
        keep_running(self._background, self._release_when_idle(connection))

    async def _release_when_idle(self, connection: Connection) -> None:
        try:
            await is_alive(connection)
        finally:
            self._release(connection)

    def _release(self, connection: Connection) -> None:
        if not connection.is_closed() and connection.is_in_transaction():
            connection.terminate()
        if connection.is_closed():
            self._acquired.discard(connection)
            self._opening += 1
            self._hand_over(None)
        else:
            self._hand_over(connection)

    def _hand_over(self, slot: "Connection | None") -> None:
        """Gives a connection, or with None the permission to open one, to the task that has waited longest.

        Until that task wakes up, the connection counts as acquired, and the permission as being opened.
        """
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(slot)
                return
        if slot is None:
            self._opening -= 1
        else:
            self._acquired.discard(slot)
            self._idle.append((slot, asyncio.get_running_loop().time()))
