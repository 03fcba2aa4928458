import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
from playwright.async_api import Browser

from app.adapters.db.address import DatabaseAddress
from tests.browsers import chromium
from tests.databases import drop, execute

CITUS_URL = "CITUS_URL"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what could not be tested on this machine: it must not look tested."""
    if CITUS_URL not in os.environ:
        terminalreporter.write_line(
            f"{CITUS_URL} is not set: nothing was tested on Citus (tests/acceptance/test_citus.py)"
        )


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
