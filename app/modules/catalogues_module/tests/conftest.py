"""Fixtures of the tests of catalogues."""

import pytest

from app.adapters.db.connection import Connection
from tests.fakers import FakeClient


@pytest.fixture
async def admin(clara: FakeClient, sql: Connection) -> FakeClient:
    """Clara, a server admin."""
    await sql.execute("UPDATE account SET is_admin = true WHERE id = $1", clara.uuid)
    return clara
