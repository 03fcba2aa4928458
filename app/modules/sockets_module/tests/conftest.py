from collections.abc import AsyncIterator

import httpx
import pytest

from tests.servers import http_client


@pytest.fixture
async def server(live_server: str) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client for the real port, where sockets are served."""
    async with http_client(f"http://{live_server}") as http:
        yield http
