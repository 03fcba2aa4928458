from collections.abc import AsyncIterator

import httpx
import pytest


@pytest.fixture
async def server(live_server: str) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client for the real port, where sockets are served."""
    async with httpx.AsyncClient(base_url=f"http://{live_server}") as http:
        yield http
