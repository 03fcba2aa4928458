"""Subscribers that note handled events in a table, and processes that run them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from app.adapters.base.bus import Bus
from app.adapters.db.connection import Connection
from app.adapters.db.database import BackgroundDatabase, Database
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext
from app.modules.streams_module.services.subscribers import Subscribers, operating
from app.utils.container import Container
from tests.fakers import eventually

NOTED = """
CREATE TABLE noted (place bigint GENERATED ALWAYS AS IDENTITY, subscriber text, stream_id uuid, seq bigint, text text)
"""


@asynccontextmanager
async def process(container: Container, *subscribers: Subscriber, bus: Bus | None = None) -> AsyncIterator[Subscribers]:
    """Runs subscribers as another process would: with its own connections and tasks."""
    address = container.get(Database).address
    bus = bus or container.get(Bus)  # type: ignore[type-abstract]
    async with BackgroundDatabase(address).connected() as database:
        assert isinstance(database, BackgroundDatabase)
        running = Subscribers(database, bus, container, subscribers)
        async with running.working():
            yield running


def noting(name: str = "noting", kinds: tuple[str, ...] = ("message.created",), **options: Any) -> Subscriber:
    """Returns a subscriber that notes each event in a table, and fails at texts that begin with `fail`."""

    async def handle(context: SubscriberContext, events: Sequence[Event]) -> None:
        raw = await context.work.raw()
        for event in events:
            text = event.data.get("text", "")
            await raw.execute(
                "INSERT INTO noted (subscriber, stream_id, seq, text) VALUES ($1, $2, $3, $4)",
                name, event.stream_id, event.seq, text,
            )  # fmt: skip
            if text.startswith("fail"):
                raise ValueError(text)

    return Subscriber(name, kinds, handle, **options)


async def texts(connection: Connection, chat: str, name: str = "noting") -> list[str]:
    """Returns the texts noted of a chat, in the order of noting."""
    rows = await connection.fetch(
        "SELECT text FROM noted WHERE stream_id = $1 AND subscriber = $2 ORDER BY place", UUID(chat), name
    )
    return [row["text"] for row in rows]


async def until_noted(connection: Connection, chat: str, expected: list[str], name: str = "noting") -> None:
    async def is_noted() -> bool:
        return len(await texts(connection, chat, name)) >= len(expected)

    await eventually(is_noted)
    assert await texts(connection, chat, name) == expected


async def until_set_aside(connection: Connection, number: int = 1) -> None:
    """Waits until so many events, or more, were set aside."""

    async def are_set_aside() -> bool:
        return len(await operating.list_failures(connection)) >= number

    await eventually(are_set_aside)
