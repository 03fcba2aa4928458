"""Connections whose errors distinguish a wrong statement from a database that is unavailable."""

import asyncio
from contextlib import suppress
from typing import Any, NoReturn, Protocol, TypeAlias

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.errors import DRIVER_ERRORS, DatabaseUnavailable, as_transient

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


_FINISH_TIMEOUT = 0.5
"""Seconds that a statement may still run after its caller was cancelled or timed out. Then its connection is closed."""


class DatabaseConnection(Protocol):
    """The part of asyncpg's connection that queries use, whether it is pooled or belongs to a session."""

    async def fetchval(self, query: str, *args: Any) -> Any: ...
    async def fetch(self, query: str, *args: Any) -> Any: ...
    async def execute(self, query: str, *args: Any) -> Any: ...


_CLOSE_TIMEOUT = 0.5
"""Seconds to wait for the regular close of a connection. Then it is terminated."""


class DriverConnection(asyncpg.Connection):
    """A connection that raises TransientDatabaseError for errors that may pass, and ends with an abandoned statement.

    asyncpg would open a second connection to cancel the statement, and make the next statement (a rollback, for
    example) wait for that. A server that no longer answers would never get it. Opening a new connection takes no
    longer. The overridden method is private: see tests/test_patched_internals.py.
    """

    has_citus = False
    """Can the rows be on several nodes?"""

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109
        try:
            return await super().execute(query, *args, timeout=timeout)
        except DRIVER_ERRORS as error:
            self._raise(error)

    async def executemany(self, command: str, args: Any, *, timeout: float | None = None) -> None:  # noqa: ASYNC109
        try:
            await super().executemany(command, args, timeout=timeout)
        except DRIVER_ERRORS as error:
            self._raise(error)

    async def fetch(self, query: str, *args: Any, **options: Any) -> Any:
        try:
            return await super().fetch(query, *args, **options)
        except DRIVER_ERRORS as error:
            self._raise(error)

    async def fetchval(self, query: str, *args: Any, **options: Any) -> Any:
        try:
            return await super().fetchval(query, *args, **options)
        except DRIVER_ERRORS as error:
            self._raise(error)

    async def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:
        try:
            return await super().fetchrow(query, *args, **options)
        except DRIVER_ERRORS as error:
            self._raise(error)

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Closes the connection. Waits at most `_CLOSE_TIMEOUT` for a server that does not answer."""
        with suppress(TimeoutError):
            await super().close(timeout=_CLOSE_TIMEOUT if timeout is None else timeout)

    def _raise(self, error: BaseException) -> NoReturn:
        raise as_transient(error, is_closed=self.is_closed()) or error

    def _cancel_current_command(self, *_: object) -> None:
        # Not at once: the driver first has to raise the reason.
        asyncio.get_running_loop().call_soon(self.terminate)


class PooledConnection(DriverConnection):
    """A connection that gives a statement whose caller was cancelled a short time to finish.

    asyncpg would cancel it through another connection. Clients can disconnect hundreds of times a second, and each
    connection of PostgreSQL is a process.
    """

    def _cancel_current_command(self, *waiters: Any) -> None:
        sent, ended = waiters
        sent.set_result(None)
        asyncio.get_running_loop().call_later(_FINISH_TIMEOUT, self._terminate_unless, ended)

    def _terminate_unless(self, ended: "asyncio.Future[None]") -> None:
        if not ended.done():
            self.terminate()


def translate_errors(engine: AsyncEngine) -> None:
    """Makes the engine's sessions raise TransientDatabaseError.

    They use the driver's prepared statements, so the methods of DriverConnection do not see their errors.
    """

    def translate(context: ExceptionContext) -> BaseException | None:
        if not isinstance(context.original_exception, Exception):
            return None  # the caller was cancelled: its task must end, not try again
        error = context.original_exception.__cause__ or context.original_exception
        if isinstance(error, asyncpg.ReadOnlySQLTransactionError) and _is_for_reading(context):
            return None  # a mistake in the code; outside a read-only session it means that the server is a standby
        transient = as_transient(error)
        if transient is None and context.is_disconnect:
            transient = DatabaseUnavailable(repr(context.original_exception))
        if isinstance(transient, DatabaseUnavailable):
            # The pool drops this connection, and all that are at least as old.
            context.is_disconnect = True
        return transient

    event.listen(engine.sync_engine, "handle_error", translate)


def _is_for_reading(context: ExceptionContext) -> bool:
    return context.connection is not None and "postgresql_readonly" in context.connection.get_execution_options()
