"""Connects to that one of several servers which accepts writes."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg

from app.adapters.db.address import KEEPALIVES, WRITABLE, DatabaseAddress
from app.adapters.errors import DRIVER_ERRORS, driver_calls
from app.settings.db_settings import Pooler

if TYPE_CHECKING:
    # It imports SQLAlchemy, which the first process of a server does not need.
    from app.adapters.db.connection import Connection

T = TypeVar("T")

COMMAND_TIMEOUT = 5.0
"""Seconds that a command waits for each server."""
_NO_LIMITS = {"statement_timeout": "0", "lock_timeout": "0"}
"""Settings of PostgreSQL. The role and the database may have others."""


async def connect_to_any(
    servers: Iterable[DatabaseAddress], connect: Callable[[DatabaseAddress], Awaitable[T]]
) -> tuple[T, DatabaseAddress]:
    """Returns the first connection that succeeds, and its server. Raises the error of the driver.

    The driver itself would use its whole timeout for a server that does not answer, and never ask the next one.
    """
    failures: list[BaseException] = []
    for server in servers:
        try:
            return await connect(server), server
        except DRIVER_ERRORS as error:
            failures.append(error)
    # That a standby accepts no writes says less than what is wrong with the primary.
    raise min(failures, key=lambda error: isinstance(error, asyncpg.TargetServerAttributeNotMatched))


async def connect_for_command(address: DatabaseAddress) -> "Connection":
    """Opens a connection without the limits of those for requests. Raises TransientDatabaseError."""
    servers = address.servers
    options: dict[str, Any] = {"timeout": COMMAND_TIMEOUT}
    if len(servers) > 1:
        options["target_session_attrs"] = WRITABLE
    if address.pooler is Pooler.NONE:
        # PgBouncer refuses such settings at the start of a connection.
        options["server_settings"] = KEEPALIVES | _NO_LIMITS

    async def connect(server: DatabaseAddress) -> "Connection":
        return await asyncpg.connect(**server.connect_arguments() | options)

    with driver_calls():
        connection, _ = await connect_to_any(servers, connect)
        if address.pooler is Pooler.SESSION:
            try:
                await connection.execute("SET statement_timeout = 0; SET lock_timeout = 0")
            except BaseException:
                connection.terminate()
                raise
        return connection
