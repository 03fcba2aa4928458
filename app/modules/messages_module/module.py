from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.base.bus import Bus
from app.adapters.db.database import Database
from app.modules.messages_module.api.router import router
from app.modules.messages_module.db.invariants import INVARIANTS
from app.modules.messages_module.db.models import Message, Reaction
from app.modules.messages_module.schemas import EVENT_TEXTS, EVENTS
from app.modules.messages_module.services.contents import LAST_MESSAGE, PURGE
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.streams_module.services.hub import Hub
from app.services.rate_limits import RateLimits
from app.utils.container import Container
from app.utils.metrics import Measures
from app.utils.module import Module


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    bus = container.get(Bus)  # type: ignore[type-abstract]
    queue = SendQueue(container.get(Database), bus, container.get(Hub), container.get(RateLimits))
    container.put(SendQueue, queue)
    container.get(Measures).add(queue.measure)
    try:
        yield
    finally:
        await queue.drain()


module = Module(
    name="messages",
    description="Sending, reading, changing and deleting messages, and reactions",
    router=router,
    depends_on=("base", "accounts", "chats", "streams"),
    models=(Message, Reaction),
    events=EVENTS,
    lifespan=lifespan,
    invariants=INVARIANTS,
    contributes=(*EVENT_TEXTS, LAST_MESSAGE, PURGE),
)
