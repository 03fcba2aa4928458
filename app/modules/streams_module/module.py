from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.base.bus import Bus
from app.adapters.clients.bus.memory import MemoryBus
from app.modules.streams_module.db.models import Event, Stream
from app.modules.streams_module.services.log import Log
from app.utils.container import Container
from app.utils.module import Module


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    bus = container.put(Bus, MemoryBus())  # type: ignore[type-abstract]
    container.put(Log, Log(bus))
    yield


module = Module(
    name="streams",
    description="One durable log of events a chat and an account",
    depends_on=("base",),
    models=(Stream, Event),
    lifespan=lifespan,
)
