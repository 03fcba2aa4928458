import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import httpx
import pytest

from app.adapters.db.address import DatabaseAddress
from tests.databases import clone, drop
from tests.faults.scene.postgres import Pair, replicating
from tests.server_processes import ServerProcess, servers


@pytest.fixture(scope="session")
def shared_database(template: DatabaseAddress) -> Iterator[DatabaseAddress]:
    """One database for all tests with processes. Each test creates users of its own."""
    address = asyncio.run(clone(template))
    yield address
    asyncio.run(drop(address))


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with replicating() as pair:
        yield pair


@pytest.fixture(scope="session")
def four_servers(
    shared_database: DatabaseAddress, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[ServerProcess]]:
    """Four processes on one database."""
    with servers(shared_database, tmp_path_factory.mktemp("servers"), 4) as running:
        yield running


@pytest.fixture
async def clients(four_servers: list[ServerProcess]) -> AsyncIterator[list[httpx.AsyncClient]]:
    """A client of each process."""
    async with AsyncExitStack() as stack:
        # The client drops idle connections before the server does: a request could meet the close.
        limits = httpx.Limits(max_connections=None, keepalive_expiry=2)
        yield [
            await stack.enter_async_context(
                httpx.AsyncClient(base_url=f"http://{server.address}", timeout=60, limits=limits)
            )
            for server in four_servers
        ]
