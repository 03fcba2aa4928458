from typing import Annotated

from app.dependencies.services_dependency import service
from app.modules.messages_module.services.send_queue import SendQueue

SendQueueDep = Annotated[SendQueue, service(SendQueue)]

__all__ = ["SendQueueDep"]
