"""Cursors as one process knows them: those it has read, and skipped events that are not stored yet."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

MAX_KNOWN = 50_000
"""Streams. The least recently used one is dropped and read again."""


class CursorCache:
    """Cache of cursors. A cursor only moves forward, so a stale entry only causes handled events to be read again."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._seqs: OrderedDict[UUID, dict[str, int]] = OrderedDict()
        # By stream and subscriber: the cursor from which kinds were read, and the number up to which none matched.
        self._skipped: dict[tuple[UUID, str], tuple[int, int]] = {}

    def list_unknown(self, stream_ids: Iterable[UUID]) -> list[UUID]:
        return [stream_id for stream_id in stream_ids if stream_id not in self._seqs]

    def get(self, stream_id: UUID) -> Mapping[str, int]:
        """Returns the cursor of each subscriber. The stream must be in the cache."""
        self._seqs.move_to_end(stream_id)
        return self._seqs[stream_id]

    def add(self, stream_id: UUID, seqs: Mapping[str, int]) -> None:
        """Adds cursors that were read. A subscriber without a row begins at 0."""
        known = self._seqs.setdefault(stream_id, dict.fromkeys(self._names, 0))
        for name, seq in seqs.items():
            known[name] = max(known[name], seq)
        self._forget()

    def replace(self, stream_id: UUID, seqs: Mapping[str, int]) -> None:
        """Replaces the cursors by those of the database: an operator may have moved them back."""
        known = self._seqs[stream_id] = dict.fromkeys(self._names, 0) | dict(seqs)
        self._seqs.move_to_end(stream_id)
        for name, seq in known.items():
            first, last = self._skipped.get((stream_id, name), (0, 0))
            if first <= seq < last:
                known[name] = last
            else:
                self._skipped.pop((stream_id, name), None)
        self._forget()

    def move(self, stream_id: UUID, name: str, seq: int) -> None:
        """Stores a cursor that was written to the database."""
        self.add(stream_id, {name: seq})
        self._skipped.pop((stream_id, name), None)

    def mark_skipped(self, stream_id: UUID, name: str, seq: int) -> None:
        """Stores that the subscriber handles none of the events up to `seq`."""
        before = self.get(stream_id)[name]
        if seq > before:
            first, _ = self._skipped.get((stream_id, name), (before, before))
            self._skipped[stream_id, name] = first, seq
            self.add(stream_id, {name: seq})

    def take_skipped(self, limit: int) -> list[tuple[UUID, str, int, int]]:
        """Removes and returns skipped ranges, to be stored: (stream, subscriber, from, to)."""
        taken = [(*key, *self._skipped[key]) for key in list(self._skipped)[:limit]]
        for stream_id, name, _, _ in taken:
            del self._skipped[stream_id, name]
        return taken

    def _forget(self) -> None:
        if len(self._seqs) > MAX_KNOWN:
            self._seqs.popitem(last=False)
