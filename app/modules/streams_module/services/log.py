"""The event log for the services of other modules: create, lock, append to and truncate streams."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.adapters.base.bus import Bus
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.streams_module.db.cruds import append as crud
from app.modules.streams_module.db.cruds.append import NewEvent
from app.modules.streams_module.db.cruds.read import delete_oldest, find_head, find_head_or_start
from app.utils.json_form import to_json

__all__ = [
    "Log",
    "NewEvent",
    "encode_time",
    "event",
    "find_head",
    "now",
    "read_head",
    "truncate",
]


class Log:
    """Appends to streams inside a unit of work, and notifies the bus after its commit."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def create_stream(self, work: UnitOfWork, stream_id: UUID) -> None:
        await crud.insert_stream(await work.raw(), stream_id)

    async def claim_stream(self, work: UnitOfWork, stream_id: UUID) -> bool:
        """Creates a stream under an id that a client chose. Returns False if the id exists, or if a race was lost."""
        return await crud.claim_stream(await work.raw(), stream_id)

    async def lock(self, work: UnitOfWork, *, chats: Sequence[UUID] = (), accounts: Sequence[UUID] = ()) -> set[UUID]:
        """Locks stream rows in the global order: chats by id, then accounts by id. Returns the streams that exist."""
        work.before_stream_lock()
        raw = await work.raw()
        locked = await crud.lock_streams(raw, chats) if chats else set()
        if accounts:
            locked |= await crud.lock_streams(raw, accounts)
        return locked

    async def append(self, work: UnitOfWork, stream_id: UUID, *events: NewEvent, at: datetime | None = None) -> int:
        """Appends to one stream. Returns its new last_seq. `at`: the time of the events, if the state stores it too."""
        heads = await self._append(work, [(stream_id, event) for event in events], at)
        return heads[stream_id]

    def signal(self, work: UnitOfWork, kind: str, data: Mapping[str, Any], stream_id: UUID) -> None:
        """Sends a signal to the live followers of a stream after the commit. Signals are not stored."""
        work.after_commit(lambda: self._bus.signal({**data, "kind": kind, "stream_ids": [stream_id]}))

    async def append_to_each(
        self, work: UnitOfWork, kind: str, data: Mapping[UUID, Mapping[str, Any]]
    ) -> dict[UUID, int]:
        """Appends one event to each of many streams, which `lock` has locked. Returns their new last_seq."""
        return await self._append(work, [(stream_id, event(kind, payload)) for stream_id, payload in data.items()])

    async def _append(
        self, work: UnitOfWork, events: Sequence[tuple[UUID, NewEvent]], at: datetime | None = None
    ) -> dict[UUID, int]:
        work.before_stream_lock()
        heads = await crud.append_events(await work.raw(), events, at or now())

        def notify() -> None:
            for stream_id, last_seq in heads.items():
                self._bus.notify_stream(stream_id, last_seq)

        work.after_commit(notify)
        return heads


def now() -> datetime:
    """Returns the time of an event, by this process' clock. Events are in the order of their numbers, not of times."""
    return datetime.now(UTC)


def event(kind: str, data: Mapping[str, Any]) -> NewEvent:
    return NewEvent(kind, to_json(data))


def encode_time(at: datetime) -> str:
    """Encodes a time in RFC 3339 in UTC, ending in Z."""
    return at.isoformat().replace("+00:00", "Z")


async def read_head(work: UnitOfWork, stream_id: UUID) -> tuple[int, int]:
    """Returns the first and last number of a stream, as this transaction sees it."""
    return await find_head_or_start(await work.raw(), stream_id)


async def truncate(connection: DatabaseConnection, stream_id: UUID, *, keep: int, limit: int) -> bool:
    """Deletes up to `limit` of the oldest events of a locked stream, except the last `keep`.

    Returns False if there are none to delete.
    """
    first_seq, last_seq = await find_head_or_start(connection, stream_id)
    until = min(last_seq - keep + 1, first_seq + limit)
    if until <= first_seq:
        return False
    await delete_oldest(connection, stream_id, first_seq, until)
    return True
