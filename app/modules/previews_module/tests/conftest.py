from collections.abc import AsyncIterator

import pytest

from app.adapters.clients.http import HttpClient
from app.utils.container import Container
from tests.adapters.http_servers import FakeResolver, RawServer, http_client


@pytest.fixture
async def web(container: Container) -> AsyncIterator[RawServer]:
    """A web server on loopback that the application reaches under the name `site.example`, and no other host."""
    before = container.get(HttpClient)
    resolver = FakeResolver({"site.example": [["127.0.0.1"]]})
    async with RawServer().listening() as server, http_client(resolver, timeout_s=5) as client:
        container.replace(HttpClient, client)
        yield server
        container.replace(HttpClient, before)
