import asyncio
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
from playwright.async_api import Browser

from app.adapters.db.address import DatabaseAddress
from tests.browsers import chromium
from tests.databases import drop, execute


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the session. Each test opens windows of its own."""
    async with chromium() as running:
        yield running


@pytest.fixture
def empty_database(postgres: DatabaseAddress) -> Iterator[DatabaseAddress]:
    """An empty database: no tables, no version of migrations."""
    address = postgres.with_database(f"test_{uuid4().hex[:12]}")
    asyncio.run(execute(postgres, f'CREATE DATABASE "{address.database}" TEMPLATE template0'))
    yield address
    asyncio.run(drop(address))
