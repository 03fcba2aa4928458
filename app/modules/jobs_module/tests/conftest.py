from collections.abc import AsyncIterator

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.jobs_module.tests.sample_jobs import NOTED, until_empty
from app.utils.container import Container


@pytest.fixture
async def connection(container: Container) -> AsyncIterator[Connection]:
    """A connection beside the application's. It creates the table in which jobs note what they did.

    On a new database the application has jobs of its own schedules at first.
    """
    connection = await container.get(Database).connect()
    await until_empty(connection)
    await connection.execute(NOTED)
    yield connection
    await connection.execute("DROP TABLE noted")
    await connection.close()
