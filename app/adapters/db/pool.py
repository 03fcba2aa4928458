"""The connections of the hot paths.

asyncpg's own pool runs a task at each taking and another one at each giving back, and stands between its user and every
call: twice the cost of one row by key.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from app.adapters.db.connection import Connection
from app.adapters.errors import DRIVER_ERRORS, PoolExhausted
from app.utils import metrics

IDLE_SECONDS = 300.0
"""What lay unused for so long is not trusted: something on the way may have forgotten it."""
TRUSTED_SECONDS = 1.0
"""A connection that was idle for longer is asked for a sign of life before it is used: one round trip. The server may
have gone meanwhile, without a word that reached this process."""
PING_TIMEOUT = 1.0
"""Seconds to that sign."""


async def is_alive(connection: Connection) -> bool:
    """Returns True if the server answers on it, once a statement that was cancelled has finished. A connection without
    an answer is closed.
    """
    try:
        await connection.execute("SELECT 1", timeout=PING_TIMEOUT)
    except DRIVER_ERRORS:
        connection.terminate()
    return not connection.is_closed()


class Pool:
    """Up to `size` connections, opened when they are needed; the one used last is used next.

    Whoever finds all of them taken waits in line, PoolExhausted after `patience` seconds. A connection that is closed,
    is given back inside a transaction, or has failed its user is dropped. One that died while it was idle is replaced
    before it is used. A user that is cancelled costs no connection: its statement finishes, and the next user follows.
    """

    def __init__(self, connect: Callable[[], Coroutine[Any, Any, Connection]], size: int, patience: float) -> None:
        self._connect = connect
        self._size = size
        self._patience = patience
        self._idle: list[tuple[Connection, float]] = []
        self._taken: set[Connection] = set()
        self._opening = 0
        self._is_over = False
        # What users that were cancelled have left behind: connections that open, and statements that finish.
        self._leftovers: set[asyncio.Task[None]] = set()
        # Each is given a connection, or None: room to open one.
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()

    @property
    def idle(self) -> int:
        return len(self._idle)

    @property
    def busy(self) -> int:
        return len(self._taken) + self._opening

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One for the time of the block."""
        connection = await self._take()
        give_back = self._give_back
        try:
            yield connection
        except asyncio.CancelledError:
            give_back = self._give_back_later
            raise
        except DRIVER_ERRORS:
            connection.terminate()
            raise
        finally:
            give_back(connection)

    def terminate(self) -> None:
        """Ends all of them at once, and each that is being opened as soon as it is."""
        self._is_over = True
        for connection in [*self._taken, *(connection for connection, _ in self._idle)]:
            connection.terminate()
        self._idle.clear()
        for task in self._leftovers:
            task.cancel()

    async def _take(self) -> Connection:
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection, since = self._idle.pop()
            if not connection.is_closed() and since > now - IDLE_SECONDS:
                self._taken.add(connection)
                if since > now - TRUSTED_SECONDS or await self._is_alive(connection, since):
                    return connection
                return await self._open()
            connection.terminate()
        if self.busy < self._size:
            self._opening += 1
            return await self._open()
        return await self._wait() or await self._open()

    async def _is_alive(self, connection: Connection, since: float) -> bool:
        """Whether a taken connection still answers. If not, its place is free for a new one, and the connections that
        were idle for as long are closed with it.
        """
        try:
            if await is_alive(connection):
                return True
        except asyncio.CancelledError:
            self._give_back_later(connection)
            raise
        self._taken.discard(connection)
        self._opening += 1
        for other in self._idle:
            if other[1] <= since:
                other[0].terminate()
        return False

    async def _open(self) -> Connection:
        """In a place that is counted as opening already. A caller that is cancelled leaves the connection to others."""
        opening = asyncio.ensure_future(self._connect())
        try:
            connection = await asyncio.shield(opening)
        except asyncio.CancelledError:
            self._leave(self._keep(opening))
            raise
        except BaseException:
            self._pass_on(None)
            raise
        self._add(connection)
        return connection

    async def _keep(self, opening: "asyncio.Future[Connection]") -> None:
        try:
            connection = await opening
        except BaseException as error:
            if opening.done() and not opening.cancelled() and opening.exception() is None:
                # It opened in the very moment in which the pool ended.
                opening.result().terminate()
            self._pass_on(None)
            if not isinstance(error, DRIVER_ERRORS):
                raise
        else:
            self._add(connection)
            self._give_back(connection)

    def _add(self, connection: Connection) -> None:
        """Counts an opened connection as taken."""
        self._opening -= 1
        self._taken.add(connection)
        if self._is_over:
            connection.terminate()

    async def _wait(self) -> "Connection | None":
        turn: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self._patience):
                return await turn
        except BaseException as error:
            # Given up in the very moment in which the turn came: it is the next one's.
            if turn.done() and not turn.cancelled():
                given = turn.result()
                self._give_back(given) if given is not None else self._pass_on(None)
            if isinstance(error, TimeoutError):
                metrics.POOL_TIMEOUTS.labels("hot").inc()
                raise PoolExhausted(f"all {self._size} connections were in use for {self._patience} s") from error
            raise

    def _give_back_later(self, connection: Connection) -> None:
        """Once its statement has finished."""
        self._leave(self._settle(connection))

    async def _settle(self, connection: Connection) -> None:
        try:
            await is_alive(connection)
        finally:
            self._give_back(connection)

    def _leave(self, leftover: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(leftover)
        self._leftovers.add(task)
        task.add_done_callback(self._leftovers.discard)

    def _give_back(self, connection: Connection) -> None:
        if not connection.is_closed() and connection.is_in_transaction():
            connection.terminate()
        if connection.is_closed():
            self._taken.discard(connection)
            self._opening += 1
            self._pass_on(None)
        else:
            self._pass_on(connection)

    def _pass_on(self, turn: "Connection | None") -> None:
        """To whoever waits longest. Until it wakes up the connection counts as taken, and the room as being opened."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(turn)
                return
        if turn is None:
            self._opening -= 1
        else:
            self._taken.discard(turn)
            self._idle.append((turn, asyncio.get_running_loop().time()))
