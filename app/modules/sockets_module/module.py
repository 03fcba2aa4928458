from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.base.bus import Bus
from app.adapters.db.database import Database
from app.dependencies.scopes import scope_of_event
from app.modules.accounts_module.services.presence_filters import PresenceFilters
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.sockets_module.api.routes import asyncapi, ws
from app.modules.sockets_module.extension import Signal, StreamSource
from app.modules.sockets_module.schemas import PresenceSignal
from app.modules.sockets_module.services.actions import bind_actions
from app.modules.sockets_module.services.presence import Presence
from app.modules.sockets_module.services.registry import Registry
from app.modules.sockets_module.services.sources import Sources
from app.modules.sockets_module.settings import HELLO, HELLO_ADDRESS
from app.modules.streams_module.services.hub import Hub
from app.utils.container import Container
from app.utils.metric_collectors import MetricCollectors
from app.utils.module import Module, Modules


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    bus = container.get(Bus)  # type: ignore[type-abstract]
    modules = container.get(Modules)
    signals = {signal.kind: scope_of_event(signal.data) for signal in modules.contributions(Signal)}
    sources = container.put(Sources, Sources(modules.contributions(StreamSource), container))
    filters = container.get(PresenceFilters)
    registry = container.put(Registry, Registry(container.get(Hub), bus, signals, container.get(Revocations), filters))
    presence = container.put(Presence, Presence(container.get(Database), bus, registry, sources))
    container.get(MetricCollectors).add(registry.measure)
    async with registry.working(), presence.working():
        yield


module = Module(
    name="sockets",
    description="One WebSocket for all streams of an account, described in /asyncapi.json",
    router=ws.router,
    root_router=asyncapi.router,
    depends_on=("base", "streams", "accounts"),
    lifespan=lifespan,
    contributes=(Signal("presence", PresenceSignal), HELLO, HELLO_ADDRESS),
    check=bind_actions,
)
