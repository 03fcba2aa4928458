"""The latest events that this process has appended, so that its subscribers need not read them from the log."""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.adapters.db.connection import Connection
from app.modules.streams_module.db.cruds.read import Part, list_after

_BYTES_AT_ONCE = 4_000_000
"""Bytes of JSON per read."""
_MAX_BYTES = 4_000_000
"""The oldest events are dropped: under a steady flow these are less than a second old."""
NOTED_KIND = "message.created"
"""The kind that is kept. No event of it changes what an earlier event holds."""


class StoredEvent(NamedTuple):
    """An event as the log has it: `data` is JSON."""

    seq: int
    kind: str
    data: str | bytes
    at: datetime


class _Appended(NamedTuple):
    """Events of one batch, with the numbers from `base + 1` to `head`."""

    stream_id: UUID
    base: int
    head: int
    at: datetime
    lines: bytes


class RecentEvents:
    """Events of this process' batches, by stream. Those of a stream have no gap between them."""

    def __init__(self) -> None:
        self._of: dict[UUID, deque[_Appended]] = {}
        # In the order in which they came, of all streams.
        self._all: deque[_Appended] = deque()
        self._bytes = 0

    def note(self, stream_id: UUID, base: int, head: int, at: datetime, lines: bytes) -> None:
        """Keeps events of one batch, a line of JSON each. One object per batch, so that memory is not fragmented."""
        appended = _Appended(stream_id, base, head, at, lines)
        batches = self._of.setdefault(stream_id, deque())
        if batches and batches[-1].head != base:
            batches.clear()
        batches.append(appended)
        self._all.append(appended)
        self._bytes += len(lines)
        while self._bytes > _MAX_BYTES:
            self._drop_oldest()

    async def read(self, connection: Connection, afters: Mapping[UUID, int], limit: int) -> dict[UUID, Part]:
        """Returns up to `limit` events of each stream after its number, as the log has them now.

        Of a stream with events in memory only the last of these and those after it are read. All are read unless that
        one is in the log, which a replica that took over may not have, and all later ones are new messages: none of
        these has edited or deleted an earlier one.
        """
        kept = {stream_id: self._list_after(stream_id, after) for stream_id, after in afters.items()}
        starts = {
            stream_id: batches[-1].head - 1 if batches else afters[stream_id] for stream_id, batches in kept.items()
        }
        read = await _read(connection, starts, limit)
        changed = {
            stream_id: afters[stream_id]
            for stream_id, batches in kept.items()
            if batches and not _are_unchanged(batches[-1], read[stream_id])
        }
        if changed:
            read |= await _read(connection, changed, limit)
        for stream_id, after in afters.items():
            if kept[stream_id] and stream_id not in changed:
                events = [*_events_of(kept[stream_id], after, limit), *read[stream_id].events[1:]]
                read[stream_id] = Part(events[:limit], len(events) >= limit)
        return read

    def _list_after(self, stream_id: UUID, after: int) -> list[_Appended]:
        """Returns the batches with the events after a number, if the first of these is there."""
        batches: list[_Appended] = []
        for batch in reversed(self._of.get(stream_id, ())):
            if batch.head <= after:
                break
            batches.append(batch)
        return batches[::-1] if batches and batches[-1].base <= after else []

    def _drop_oldest(self) -> None:
        oldest = self._all.popleft()
        self._bytes -= len(oldest.lines)
        batches = self._of.get(oldest.stream_id)
        if batches and batches[0] is oldest:
            batches.popleft()
        if not batches:
            self._of.pop(oldest.stream_id, None)


def _are_unchanged(last: _Appended, read: Part) -> bool:
    """Returns True if the events in memory up to this batch are as in the log. `read`: its last one and later ones."""
    events, has_more = read
    return (
        bool(events)
        and not has_more
        and (events[0].seq, events[0].at) == (last.head, last.at)
        and all(event.kind == NOTED_KIND for event in events)
    )


def _events_of(batches: Sequence[_Appended], after: int, limit: int) -> list[StoredEvent]:
    return [
        StoredEvent(seq, NOTED_KIND, data, batch.at)
        for batch in batches
        if batch.base < after + limit
        for seq, data in enumerate(batch.lines.splitlines(), batch.base + 1)
        if seq > after
    ]


async def _read(connection: Connection, afters: Mapping[UUID, int], limit: int) -> dict[UUID, Part]:
    parts = await list_after(connection, afters, limit, _BYTES_AT_ONCE)
    return {
        stream_id: Part([StoredEvent(*row[1:5]) for row in events], has_more)
        for stream_id, (events, has_more) in parts.items()
    }
