"""Connections for statements of operators, which may take longer than those of requests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database

LONG = 3600.0
"""Seconds: the `timeout` of such a statement."""


@asynccontextmanager
async def connected_for_long(database: Database) -> AsyncIterator[Connection]:
    """Opens a connection for statements that read whole tables, or wait for locks."""
    connection = await database.connect(statement_timeout="0", lock_timeout="0")
    try:
        yield connection
    finally:
        await connection.close()
