from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.base.bus import Bus
from app.adapters.clients.bus import make_bus
from app.adapters.db.database import BackgroundDatabase, Database
from app.adapters.db.replicas import Replicas
from app.adapters.db.servers import replica_addresses
from app.modules.streams_module.db.invariants import INVARIANTS
from app.modules.streams_module.db.models import (
    Event,
    Stream,
    SubscriberCursor,
    SubscriberFailure,
    SubscriberProcess,
    SubscriberRow,
    SubscriberSweep,
)
from app.modules.streams_module.extension import Subscriber
from app.modules.streams_module.schemas import EVENT_TEXTS, EVENTS
from app.modules.streams_module.services.health import BUS, REPLICAS
from app.modules.streams_module.services.hub import Hub
from app.modules.streams_module.services.log import Log
from app.modules.streams_module.services.reader import LogReader
from app.modules.streams_module.services.reads import StreamReads
from app.modules.streams_module.services.retention import EVERY_HOUR, FORGET_OLD_EVENTS
from app.modules.streams_module.services.subscribers import Subscribers
from app.modules.streams_module.services.subscribers.inspecting import KEEPING_UP
from app.settings.db_settings import DbSettings
from app.settings.streams_settings import StreamsSettings
from app.utils.background import Background
from app.utils.container import Container
from app.utils.metric_collectors import MetricCollectors
from app.utils.module import Module, Modules, ModulesError
from app.utils.shutdown import Shutdown


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    settings, db_settings = container.get(StreamsSettings), container.get(DbSettings)
    database = container.get(Database)
    bus = container.put(Bus, make_bus(settings, database, database.tracing))  # type: ignore[type-abstract]
    hub = container.put(Hub, Hub(database, bus))
    shutdown = container.put(Shutdown, Shutdown())
    container.put(Log, Log(bus))
    replicas = container.put(Replicas, Replicas(replica_addresses(db_settings), db_settings.pool_size))
    reads = container.put(StreamReads, StreamReads(database, replicas))
    container.put(LogReader, LogReader(database, reads, hub, shutdown))
    subscribers = container.put(
        Subscribers,
        Subscribers(
            container.get(BackgroundDatabase), bus, container, container.get(Modules).contributions(Subscriber)
        ),
    )
    container.get(MetricCollectors).add(hub.measure)
    with shutdown.watching_signals():
        container.get(Background).add(subscribers.working)
        async with replicas.connected(), bus.connected(), hub.working():
            yield


def check(modules: Modules) -> None:
    """Raises ModulesError for an event that two modules write, and for a kind of a subscriber with a misplaced `*`."""
    _ = modules.events
    for subscriber in modules.contributions(Subscriber):
        for kind in subscriber.kinds:
            group, _, last = kind.partition(".")
            if "*" in kind and ("*" in group or last != "*"):
                raise ModulesError(
                    f"the subscriber {subscriber.name!r} has the kind {kind!r}: `*` may only follow `word.`"
                )


module = Module(
    name="streams",
    description="The durable event log of each chat and each account",
    depends_on=("base", "jobs"),
    models=(Stream, Event, SubscriberCursor, SubscriberFailure, SubscriberProcess, SubscriberRow, SubscriberSweep),
    contributes=(*EVENT_TEXTS, FORGET_OLD_EVENTS, EVERY_HOUR, BUS, REPLICAS, KEEPING_UP),
    lifespan=lifespan,
    events=EVENTS,
    invariants=INVARIANTS,
    check=check,
)
