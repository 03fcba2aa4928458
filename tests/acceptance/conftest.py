from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.browsers import chromium


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One for the session; each test opens windows of its own."""
    async with chromium() as running:
        yield running
