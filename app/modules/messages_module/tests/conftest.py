from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.messages_module.tests.delegating import process
from app.settings import Settings
from app.utils.container import Container
from tests.fakers import FakeClient


@pytest.fixture
def queue(container: Container) -> SendQueue:
    """The send queue of the running application."""
    return container.get(SendQueue)


@pytest.fixture
async def other(settings: Settings, app: FastAPI, anna: FakeClient) -> AsyncIterator[FastAPI]:
    """Another process, connected with the application."""
    async with process(settings, app) as (other, _):
        yield other
