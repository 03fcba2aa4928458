from collections.abc import AsyncIterator

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.jobs_module.tests.sample_jobs import NOTED
from app.utils.container import Container


@pytest.fixture
async def connection(container: Container) -> AsyncIterator[Connection]:
    """Beside the application's, with a table for what jobs note."""
    connection = await container.get(Database).connect()
    await connection.execute(NOTED)
    yield connection
    await connection.execute("DROP TABLE noted")
    await connection.close()
