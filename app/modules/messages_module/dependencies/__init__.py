from typing import Annotated

from app.dependencies.services_dependency import service
from app.modules.messages_module.dependencies.answers import refused_by_parts, replay_of, sent_response
from app.modules.messages_module.extension import Messages
from app.modules.messages_module.services.parts import MessageParts
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.messages_module.services.views import MessageViews

MessagesDep = Annotated[Messages, service(Messages)]
PartsDep = Annotated[MessageParts, service(MessageParts)]
SendQueueDep = Annotated[SendQueue, service(SendQueue)]
ViewsDep = Annotated[MessageViews, service(MessageViews)]

__all__ = ["MessagesDep", "PartsDep", "SendQueueDep", "ViewsDep", "refused_by_parts", "replay_of", "sent_response"]
