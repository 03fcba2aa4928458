from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.base.bus import Bus
from app.adapters.db.database import Database
from app.modules.messages_module.api.router import make_router
from app.modules.messages_module.db.invariants import INVARIANTS
from app.modules.messages_module.db.models import Message, Reaction
from app.modules.messages_module.extension import (
    MessageEdit,
    MessagePart,
    MessageRemoval,
    Messages,
    MessageView,
    SendCheck,
)
from app.modules.messages_module.schemas import EVENT_TEXTS, EVENTS
from app.modules.messages_module.schemas.models import message_models
from app.modules.messages_module.services.contents import LAST_MESSAGE, PURGE
from app.modules.messages_module.services.delegation import delegating
from app.modules.messages_module.services.erasure import MESSAGES_OF_ACCOUNT, Erasures
from app.modules.messages_module.services.fields import MessageFields
from app.modules.messages_module.services.messages import MessageService
from app.modules.messages_module.services.parts import MessageParts
from app.modules.messages_module.services.permissions import PERMISSIONS
from app.modules.messages_module.services.publishing import Publisher
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.messages_module.services.socket import SOCKET
from app.modules.messages_module.services.views import MessageViews
from app.modules.messages_module.settings import EDIT, REACT, SEND, TYPING, MessagesSettings
from app.modules.streams_module.services.hub import Hub
from app.modules.streams_module.services.log import Log
from app.modules.streams_module.services.subscribers import Subscribers
from app.services.rate_limits import RateLimits
from app.utils.container import Container
from app.utils.metric_collectors import MetricCollectors
from app.utils.module import Module, Modules


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    modules = container.get(Modules)
    fields = MessageFields(modules.contributions(MessagePart), modules.contributions(MessageView))
    views = container.put(MessageViews, MessageViews(fields, container))
    parts = MessageParts(
        views,
        modules.contributions(SendCheck),
        modules.contributions(MessageEdit),
        modules.contributions(MessageRemoval),
        container,
    )
    container.put(MessageParts, parts)
    container.put(Erasures, Erasures())
    bus = container.get(Bus)  # type: ignore[type-abstract]
    publisher = Publisher(container.get(Hub), bus, container.get(Subscribers))
    queue = container.put(SendQueue, SendQueue(container.get(Database), publisher, container.get(RateLimits), parts))
    container.put(Messages, MessageService(queue, parts, container.get(Log)))  # type: ignore[type-abstract]
    container.get(MetricCollectors).add(queue.measure)
    try:
        async with delegating(container, queue):
            yield
    finally:
        await queue.drain()


module = Module(
    name="messages",
    description="Messages and reactions",
    router=make_router,
    depends_on=("base", "accounts", "chats", "streams"),
    models=(Message, Reaction),
    events=lambda modules: message_models(modules).events | EVENTS,
    lifespan=lifespan,
    invariants=INVARIANTS,
    settings=MessagesSettings,
    contributes=(
        *EVENT_TEXTS,
        *PERMISSIONS,
        *SOCKET,
        LAST_MESSAGE,
        PURGE,
        MESSAGES_OF_ACCOUNT,
        SEND,
        TYPING,
        EDIT,
        REACT,
    ),
)
