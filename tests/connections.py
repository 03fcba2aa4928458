"""Fixtures: connections to the database of a test, beside those of the application."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.utils.container import Container
from tests.databases import Connection


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
