from typing import Annotated

from app.dependencies.services_dependency import service
from app.modules.messages_module.services.parts import MessageParts
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.messages_module.services.views import MessageViews

PartsDep = Annotated[MessageParts, service(MessageParts)]
SendQueueDep = Annotated[SendQueue, service(SendQueue)]
ViewsDep = Annotated[MessageViews, service(MessageViews)]

__all__ = ["PartsDep", "SendQueueDep", "ViewsDep"]
