import pytest

from app.modules.messages_module.services.send_queue import SendQueue
from app.utils.container import Container


@pytest.fixture
def queue(container: Container) -> SendQueue:
    """The send queue of the running application."""
    return container.get(SendQueue)
