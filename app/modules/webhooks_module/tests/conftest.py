from collections.abc import AsyncIterator

import pytest

from app.modules.webhooks_module.tests.receiving import Receiver, reaching, receiving
from app.utils.container import Container


@pytest.fixture
async def receiver(container: Container) -> AsyncIterator[Receiver]:
    """A receiver that the application reaches under the name `hooks.example`."""
    async with receiving() as receiver, reaching(container):
        yield receiver
