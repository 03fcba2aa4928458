from collections.abc import AsyncIterator

import httpx
import pytest


@pytest.fixture
async def server(live_server: str) -> AsyncIterator[httpx.AsyncClient]:
    """People of these tests speak to the real port."""
    async with httpx.AsyncClient(base_url=f"http://{live_server}") as http:
        yield http
