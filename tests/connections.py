"""Fixtures: connections beside those of the application, and a database that may be replaced."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.utils.container import Container
from tests.databases import Connection, Databases, drop


@pytest.fixture
async def sql(database_address: DatabaseAddress) -> AsyncIterator[Connection]:
    """A connection without the limits of the server's own: its statements may take long, and wait for locks."""
    connection = await asyncpg.connect(**database_address.connect_arguments())
    yield connection
    await connection.close()


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
