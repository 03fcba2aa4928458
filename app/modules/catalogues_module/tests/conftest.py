"""Fixtures of the tests of catalogues."""

import asyncpg
import pytest

from app.adapters.db.address import DatabaseAddress
from tests.fakers import FakeClient


@pytest.fixture
async def admin(clara: FakeClient, database_address: DatabaseAddress) -> FakeClient:
    """Clara, a server admin."""
    connection = await asyncpg.connect(**database_address.connect_arguments())
    await connection.execute("UPDATE account SET is_admin = true WHERE id = $1", clara.uuid)
    await connection.close()
    return clara
