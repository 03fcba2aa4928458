from collections.abc import AsyncIterator

import pytest

from app.modules.previews_module.tests.previewing import web_for
from app.utils.container import Container
from tests.adapters.http_servers import RawServer


@pytest.fixture
async def web(container: Container) -> AsyncIterator[RawServer]:
    async with web_for(container) as server:
        yield server
