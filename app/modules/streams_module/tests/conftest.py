from collections.abc import AsyncIterator

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.streams_module.services.subscribers import handling
from app.modules.streams_module.tests.recording_subscriber import NOTED
from app.utils.container import Container


@pytest.fixture
async def connection(container: Container) -> AsyncIterator[Connection]:
    """A connection beside the application's. It creates the table in which subscribers note events."""
    connection = await container.get(Database).connect()
    await connection.execute(NOTED)
    yield connection
    await connection.execute("DROP TABLE noted")
    await connection.close()


@pytest.fixture
def short_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handling, "BACKOFF", (0.01, 0.01))
