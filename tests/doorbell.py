"""The doorbell between processes, silenced from the database's side."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from app.adapters.db.address import DatabaseAddress

_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'messenger bus'"
_PERIOD = 0.1


@asynccontextmanager
async def silenced(database: DatabaseAddress) -> AsyncIterator[None]:
    """Within the block, whichever connection hears the bell is ended as soon as it stands."""
    connection = await asyncpg.connect(**database.connect_arguments(), timeout=30)

    async def keep_ending() -> None:
        while True:
            await connection.execute(_END)
            await asyncio.sleep(_PERIOD)

    ending = asyncio.create_task(keep_ending())
    try:
        yield
    finally:
        ending.cancel()
        await asyncio.wait([ending])
        connection.terminate()
