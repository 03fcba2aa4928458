"""The driver's connection, whose errors say whether the statement or the database is at fault."""

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
"""Seconds that a statement has to finish after its caller was cancelled or told of a timeout; then its connection is
closed.
"""


class DatabaseConnection(Protocol):
    """asyncpg's connection, be it pooled or under a session."""

    async def fetchval(self, query: str, *args: Any) -> Any: ...
    async def fetch(self, query: str, *args: Any) -> Any: ...
    async def execute(self, query: str, *args: Any) -> Any: ...


_CLOSE_TIMEOUT = 0.5
"""Seconds for the end of a connection that both sides know of."""


class DriverConnection(asyncpg.Connection):
    """Raises TransientDatabaseError for what may pass, and ends with a statement that is given up.

    asyncpg asks the server to cancel such a statement, on a connection of its own, and lets whatever comes next wait
    for that: a rollback, say, which a server that no longer answers never gets. Ours is opened again as soon. The
    method that is overridden is private: tests/test_patched_internals.py.
    """

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
        """Closes the connection; a server that does not answer is not waited for."""
        with suppress(TimeoutError):
            await super().close(timeout=_CLOSE_TIMEOUT if timeout is None else timeout)

    def _raise(self, error: BaseException) -> NoReturn:
        raise as_transient(error, is_closed=self.is_closed()) or error

    def _cancel_current_command(self, *_: object) -> None:
        # Not at once: the driver is about to say why.
        asyncio.get_running_loop().call_soon(self.terminate)


class PooledConnection(DriverConnection):
    """Lets a statement whose caller was cancelled finish, for a short time.

    asyncpg would ask the server to cancel it, on another connection. Clients can leave hundreds of times a second, and
    a connection of PostgreSQL is a process.
    """

    def _cancel_current_command(self, *waiters: Any) -> None:
        sent, ended = waiters
        sent.set_result(None)
        asyncio.get_running_loop().call_later(_FINISH_TIMEOUT, self._terminate_unless, ended)

    def _terminate_unless(self, ended: "asyncio.Future[None]") -> None:
        if not ended.done():
            self.terminate()


def translate_errors(engine: AsyncEngine) -> None:
    """Makes the engine's sessions raise TransientDatabaseError as well: they use prepared statements of the driver."""

    def translate(context: ExceptionContext) -> BaseException | None:
        error = context.original_exception.__cause__ or context.original_exception
        if isinstance(error, asyncpg.ReadOnlySQLTransactionError) and _is_for_reading(context):
            return None  # the code's mistake; without such a session the server is a standby
        transient = as_transient(error)
        if transient is None and context.is_disconnect:
            transient = DatabaseUnavailable(repr(context.original_exception))
        if isinstance(transient, DatabaseUnavailable):
            # The pool drops this connection, and all that are as old.
            context.is_disconnect = True
        return transient

    event.listen(engine.sync_engine, "handle_error", translate)


def _is_for_reading(context: ExceptionContext) -> bool:
    return context.connection is not None and "postgresql_readonly" in context.connection.get_execution_options()
