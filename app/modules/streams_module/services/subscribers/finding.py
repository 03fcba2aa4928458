"""Finds the subscribers that have events to handle, by the kinds and contents of the events after their cursors."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.streams_module.db.cruds import subscribers as crud
from app.modules.streams_module.extension import Subscriber
from app.modules.streams_module.services.subscribers.cursor_cache import MAX_KNOWN, CursorCache
from app.modules.streams_module.services.subscribers.handling import EVENTS_AT_ONCE
from app.utils.container import Container


@dataclass(slots=True)
class Found:
    """`due`: by subscriber the streams with events to handle. `more`: streams to look at again.

    A stream is looked at again if a subscriber skipped all events that were read of it.
    """

    due: dict[str, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    more: set[UUID] = field(default_factory=set)


class Finding:
    """Reads no contents. Cursors move past the events that their subscribers do not handle."""

    def __init__(
        self, database: Database, container: Container, subscribers: Mapping[str, Subscriber], cursors: CursorCache
    ) -> None:
        self._database = database
        self._container = container
        self._subscribers = subscribers
        self._cursors = cursors
        # By stream and subscriber: the number of an event that this process has appended and the subscriber handles.
        self._expected: dict[UUID, dict[str, int]] = {}
        self._texts = sorted({subscriber.containing for subscriber in subscribers.values()} - {""})

    def note_appended(self, stream_id: UUID, base: int, head: int, kind: str, contents: bytes) -> bool:
        """Notes the events of one kind from `base + 1` to `head`. Returns True if a subscriber handles them.

        Cursors at `base` move past events that their subscribers do not handle. For the others the events are known to
        be there to be handled. Neither are read.
        """
        skipping: list[str] = []
        wanting: dict[str, int] = {}
        for name, subscriber in self._subscribers.items():
            is_skipped = not subscriber.wants[kind] or subscriber.containing.encode() not in contents
            if is_skipped or self._is_idle(subscriber):
                skipping.append(name)
            else:
                wanting[name] = head
        self._cursors.mark_skipped_from(stream_id, skipping, base, head)
        if wanting and len(self._expected) < MAX_KNOWN:
            self._expected.setdefault(stream_id, {}).update(wanting)
        return bool(wanting)

    async def find(self, streams: Mapping[UUID, bool]) -> Found:
        """Returns what there is to handle in the streams.

        `streams`: False for those whose cursors another process may have moved, or that wait for a retry.
        """
        found = Found()
        async with self._database.connection() as connection:
            unknown = {
                *self._cursors.list_unknown(streams),
                *(stream_id for stream_id, is_current in streams.items() if not is_current),
            }
            waiting = await self._read_cursors(connection, unknown, found) if unknown else set()
            looked_at: dict[UUID, dict[str, int]] = {}
            for stream_id in streams:
                expected, unclear = self._expected.pop(stream_id, {}), looked_at.setdefault(stream_id, {})
                for name, seq in self._cursors.get(stream_id).items():
                    if (stream_id, name) in waiting:
                        continue
                    if seq < expected.get(name, 0):
                        found.due[name].append(stream_id)
                    else:
                        unclear[name] = seq
            while looked_at := {stream_id: seqs for stream_id, seqs in looked_at.items() if seqs}:
                looked_at = await self._look(connection, looked_at, found)
        return found

    async def _read_cursors(self, connection: Connection, stream_ids: set[UUID], found: Found) -> set[tuple[UUID, str]]:
        """Replaces the cached cursors of the streams, and adds due retries to `found`.

        Returns the cursors that have failed or are halted. Their next event is not looked for.
        """
        rows = await crud.read_cursors(connection, list(stream_ids), list(self._subscribers))
        read: dict[UUID, dict[str, int]] = {stream_id: {} for stream_id in stream_ids}
        for row in rows:
            read[row["stream_id"]][row["subscriber"]] = row["seq"]
            if row["is_due"]:
                found.due[row["subscriber"]].append(row["stream_id"])
        for stream_id, seqs in read.items():
            self._cursors.replace(stream_id, seqs)
        return {(row["stream_id"], row["subscriber"]) for row in rows if row["is_waiting"] or row["is_due"]}

    async def _look(
        self, connection: Connection, cursors: Mapping[UUID, Mapping[str, int]], found: Found
    ) -> dict[UUID, dict[str, int]]:
        """Reads kinds after the first cursor of each stream. Returns the cursors that are after all that was read."""
        afters = {stream_id: min(seqs.values()) for stream_id, seqs in cursors.items()}
        kinds: dict[UUID, list[Any]] = defaultdict(list)
        for row in await crud.read_kinds(connection, afters, EVENTS_AT_ONCE, self._texts):
            kinds[row["stream_id"]].append(row)
        emptied = await crud.read_emptied(connection, [stream_id for stream_id in afters if stream_id not in kinds])
        beyond: dict[UUID, dict[str, int]] = defaultdict(dict)
        for stream_id, rows in kinds.items():
            last, is_full = rows[-1]["seq"], len(rows) == EVENTS_AT_ONCE
            for name, seq in cursors[stream_id].items():
                if is_full and seq >= last:
                    beyond[stream_id][name] = seq
                elif self._has_work(self._subscribers[name], seq, rows):
                    found.due[name].append(stream_id)
                else:
                    self._cursors.mark_skipped(stream_id, name, last)
                    if is_full:
                        found.more.add(stream_id)
        for stream_id, head in emptied.items():
            for name, seq in cursors[stream_id].items():
                if seq < head and self._subscribers[name].rebuild is not None:
                    found.due[name].append(stream_id)
                else:
                    self._cursors.mark_skipped(stream_id, name, head)
        return beyond

    def _has_work(self, subscriber: Subscriber, seq: int, rows: Sequence[Any]) -> bool:
        wants, text = subscriber.wants, subscriber.containing
        if self._is_idle(subscriber):
            return False
        if any(wants[row["kind"]] and (not text or text in row["contained"]) for row in rows if row["seq"] > seq):
            return True
        # The log has a gap after the cursor.
        return subscriber.rebuild is not None and rows[0]["seq"] > seq + 1

    def _is_idle(self, subscriber: Subscriber) -> bool:
        return subscriber.is_idle is not None and subscriber.is_idle(self._container)
