from collections.abc import AsyncIterator

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.utils.container import Container


@pytest.fixture
async def connection(container: Container) -> AsyncIterator[Connection]:
    """A connection beside the application's."""
    connection = await container.get(Database).connect()
    yield connection
    await connection.close()
