"""The end of the pool of the hot paths."""

import asyncio

import asyncpg
import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.pool import Pool
from tests.fakers import eventually


@pytest.mark.parametrize("gives_up", [False, True])
async def test_a_connection_that_opens_during_shutdown_is_closed(postgres: DatabaseAddress, gives_up: bool) -> None:
    """Both if its caller still waits for it and if the caller has left."""
    opened: list[Connection] = []

    async def connect() -> Connection:
        opened.append(await asyncpg.connect(**postgres.connect_arguments()))
        return opened[-1]

    async def ask() -> None:
        async with pool.connection() as connection:
            await connection.execute("SELECT 1")

    pool = Pool(connect, 1, 20.0)
    query_task = asyncio.create_task(ask())
    await asyncio.sleep(0)
    if gives_up:
        query_task.cancel()
    async with asyncio.timeout(20):
        while not opened:  # noqa: ASYNC110 - the close must come at this very moment
            await asyncio.sleep(0)
    pool.terminate()
    await asyncio.gather(query_task, return_exceptions=True)
    await eventually(lambda: asyncio.sleep(0, opened[0].is_closed()))
    assert (pool.busy, pool.idle) == (0, 0)
