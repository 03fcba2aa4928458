"""Fixtures: connections beside those of the application, connections that break, and a database to replace."""

from collections.abc import AsyncIterator

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.commands.create_database import connected
from app.utils.container import Container
from tests.databases import Databases, drop
from tests.wire import Wire, wire_to


@pytest.fixture
async def sql(database_address: DatabaseAddress) -> AsyncIterator[Connection]:
    """A connection without the limits of the server's own: its statements may take long, and wait for locks."""
    async with connected(database_address) as connection:
        yield connection


@pytest.fixture
async def connection(container: Container) -> AsyncIterator[Connection]:
    """A connection as the application opens them."""
    connection = await container.get(Database).connect()
    yield connection
    await connection.close()


@pytest.fixture
async def own_database(databases: Databases) -> AsyncIterator[DatabaseAddress]:
    """A database that may be replaced."""
    address = await databases.make()
    yield address
    await drop(address)


@pytest.fixture
async def wire(database_address: DatabaseAddress) -> AsyncIterator[Wire]:
    """A wire between the server and its database."""
    async with wire_to(database_address.host, database_address.port) as wire:
        yield wire


@pytest.fixture
async def wire_to_port(live_server: str) -> AsyncIterator[Wire]:
    """A wire between clients and the server. A file that needs no other one says `wire = wire_to_port`."""
    host, _, port = live_server.rpartition(":")
    async with wire_to(host, int(port)) as wire:
        yield wire
