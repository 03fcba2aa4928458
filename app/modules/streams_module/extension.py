"""Extension point of streams: subscribers of the event log. Functions that read and hold their cursors."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import orjson

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.streams_module.db.cruds import subscribers as cursors
from app.modules.streams_module.db.cruds.read import list_events
from app.services.context import WorkContext
from app.utils.container import Container


class Event(NamedTuple):
    """An event as it is stored now. If its message was edited or deleted since, it has the new content, or none."""

    stream_id: UUID
    seq: int
    kind: str
    data: Mapping[str, Any]
    at: datetime


class LeftToOthers(Exception):
    """Raised by a handler whose events are for processes of another version.

    Its changes are rolled back, the cursors stay, and it is no failed attempt. The handler is called again after half a
    second, with those events that no other process has handled by then.
    """


@dataclass(frozen=True, slots=True)
class SubscriberContext(WorkContext):
    """Context of a handler. What it changes through `work` is committed together with the cursor: exactly once."""

    stream_id: UUID


Handle = Callable[[SubscriberContext, Sequence[Event]], Awaitable[None]]
Rebuild = Callable[[SubscriberContext, UUID, int], Awaitable[None]]


@dataclass(frozen=True)
class Subscriber:
    """Handles every event of certain kinds. The server keeps a cursor per stream in the database.

    - `name`: stable, because cursors are stored under it.
    - `kinds`: kinds of events that it handles; `message.*` are those of this first word.
    - `handle(context, events)`: gets events of one stream, in order. An error, a call of more than 30 s, or more than
      8 s without a statement of its transaction rolls back its changes, and it is called again later. PostgreSQL ends
      such an idle transaction, in which several streams may be handled. After the last attempt the event is set aside
      (`on_failure="skip"`) or the stream halts (`"stop"`).
    - `start`: `"head"`: streams that exist at the registration begin at their current heads; `"first"`: all begin at
      their first event.
    - `rebuild(context, stream_id, through_seq)`: called if the log no longer holds the events up to `through_seq`. If
      it fails, it is repeated until it succeeds; with `on_failure="stop"` the stream halts after the last attempt.
    - `across_streams`: `handle` is called with events of several streams, grouped by stream; all of a stream that are
      handled in one transaction come together. `context.stream_id` is that of the first event.
    - `containing`: there is no call for new events of a stream of which none has this text in its JSON. So a subscriber
      of all messages costs little if few concern it. Events without the text may still come together with others.
    - `every_kind`: handles all kinds, also those of modules that it does not know. `kinds` is then empty.
    - `is_idle(container)`: while it returns True, there is no call for new events. So a subscriber without use costs
      little. It is called for every event: it looks only at what is in memory. Events of that time may still come
      together with later ones. `Idleness` in `services/idleness.py` asks the database every few seconds.
    - `form`: that of what the handler makes. Processes with another one look at the events of this process, too: the
      handlers of one of the two may raise `LeftToOthers`.
    """

    name: str
    kinds: tuple[str, ...]
    handle: Handle
    start: Literal["head", "first"] = "head"
    on_failure: Literal["skip", "stop"] = "skip"
    rebuild: Rebuild | None = None
    across_streams: bool = False
    containing: str = ""
    every_kind: bool = False
    is_idle: Callable[[Container], bool] | None = None
    form: str = ""

    wants: Mapping[str, bool] = field(init=False, repr=False, compare=False)
    """True for the kinds of events that are handled."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "wants", _Wants(self.kinds, every=self.every_kind))


class _Wants(dict[str, bool]):
    """Compares each kind once: subscribers are asked for every event."""

    def __init__(self, kinds: Collection[str], *, every: bool) -> None:
        self._kinds = kinds
        self._every = every

    def __missing__(self, kind: str) -> bool:
        self[kind] = self._every or kind in self._kinds or f"{kind.partition('.')[0]}.*" in self._kinds
        return self[kind]


async def read_events(connection: Connection, stream_id: UUID, after: int, limit: int) -> list[Event]:
    """Returns up to `limit` events of a stream after a sequence number, in order."""
    return [make_event(stream_id, *row) for row in await list_events(connection, stream_id, after, limit)]


async def hold_streams(work: UnitOfWork, subscriber: Subscriber, stream_ids: Sequence[UUID]) -> set[UUID]:
    """Keeps the subscriber from handling events of streams until the end of the unit of work.

    Meanwhile the caller may write what the subscriber writes. Returns the streams that are held; the events of the
    others are being handled by a process now.
    """
    return await cursors.hold(await work.raw(), stream_ids, subscriber.name)


async def find_oldest_pending(
    connection: Connection, subscriber: Subscriber, stream_ids: Sequence[UUID]
) -> datetime | None:
    """Returns the time of the oldest event in these streams that the subscriber has not handled.

    For a subscriber whose `kinds` have no `.*`.
    """
    return await cursors.find_oldest_pending(connection, stream_ids, subscriber.name, subscriber.kinds)


async def count_pending_streams(connection: Connection, subscriber: Subscriber) -> int:
    """Returns the number of streams with events that the subscriber has not handled. It reads all streams."""
    return await cursors.count_pending(connection, subscriber.name, subscriber.kinds)


def make_event(stream_id: UUID, seq: int, kind: str, data: Any, at: datetime) -> Event:
    """Makes an event from a row of the log."""
    # A connection of a session has already decoded the JSON.
    return Event(stream_id, seq, kind, data if isinstance(data, dict) else orjson.loads(data), at)
