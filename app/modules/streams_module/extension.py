"""What other modules may add to streams: subscribers of the event log."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import orjson

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.streams_module.db.cruds import subscribers as cursors
from app.modules.streams_module.db.cruds.read import list_events
from app.services.context import WorkContext


class Event(NamedTuple):
    """An event as it is stored now: a message that was edited or deleted since has its new content, or none."""

    stream_id: UUID
    seq: int
    kind: str
    data: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class SubscriberContext(WorkContext):
    """What a handler works with. What it changes through `work` is durable together with the cursor: exactly once."""

    stream_id: UUID


Handle = Callable[[SubscriberContext, Sequence[Event]], Awaitable[None]]
Rebuild = Callable[[SubscriberContext, UUID, int], Awaitable[None]]


@dataclass(frozen=True)
class Subscriber:
    """Reacts to events, and misses none. The server keeps a cursor for each stream in the database.

    - `name`: stable, since the cursors are stored under it.
    - `kinds`: the kinds of events that it handles; one may end in `.*`.
    - `handle(context, events)`: events of one stream, in order. An error rolls back what it did, and it is called again
      later: after the last attempt the event is set aside (`on_failure="skip"`) or the stream halts (`"stop"`).
    - `start`: `"head"`: streams that exist at the registration begin at their present heads; `"first"`: all begin at
      their first event.
    - `rebuild(context, stream_id, through_seq)`: the log no longer holds the events up to `through_seq`.
    - `across_streams`: `handle` is called once per transaction, with events of several streams, those of one stream
      after another. `context.stream_id` is that of the first event.
    """

    name: str
    kinds: tuple[str, ...]
    handle: Handle
    start: Literal["head", "first"] = "head"
    on_failure: Literal["skip", "stop"] = "skip"
    rebuild: Rebuild | None = None
    across_streams: bool = False

    def wants(self, kind: str) -> bool:
        """Returns True if events of this kind are handled."""
        return kind in self.kinds or f"{kind.partition('.')[0]}.*" in self.kinds


async def read_events(connection: Connection, stream_id: UUID, after: int, limit: int) -> list[Event]:
    """Returns up to `limit` events of a stream after a sequence number, in order."""
    return [make_event(stream_id, row) for row in await list_events(connection, stream_id, after, limit)]


async def hold_streams(work: UnitOfWork, subscriber: Subscriber, stream_ids: Sequence[UUID]) -> set[UUID]:
    """Keeps the subscriber from handling events of streams until the end of the unit of work: what it writes may be
    written from elsewhere. Returns those that are held; of the others a process handles events just now.
    """
    return await cursors.hold(await work.raw(), stream_ids, subscriber.name)


async def find_oldest_pending(
    connection: Connection, subscriber: Subscriber, stream_ids: Sequence[UUID]
) -> datetime | None:
    """Returns the time of the oldest event in these streams that the subscriber has still to handle.

    For a subscriber that names its kinds in full.
    """
    return await cursors.find_oldest_pending(connection, stream_ids, subscriber.name, subscriber.kinds)


async def count_pending_streams(connection: Connection, subscriber: Subscriber) -> int:
    """Returns how many streams have events that the subscriber has still to handle. It looks at all streams."""
    return await cursors.count_pending(connection, subscriber.name, subscriber.kinds)


def make_event(stream_id: UUID, row: Any) -> Event:
    """Returns the event in a row of the log."""
    data = row["data"]
    # A connection under a session has decoded it.
    return Event(stream_id, row["seq"], row["kind"], data if isinstance(data, dict) else orjson.loads(data), row["at"])
