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
        # By stream and subscriber: the cursor from which kinds are known, and the number up to which none matched.
        self._skipped: dict[UUID, dict[str, tuple[int, int]]] = {}

    def list_unknown(self, stream_ids: Iterable[UUID]) -> list[UUID]:
        """Returns the streams that must be read. Those that need not be read are not dropped for them."""
        unknown = []
        for stream_id in stream_ids:
            if stream_id in self._seqs:
                self._seqs.move_to_end(stream_id)
            else:
                unknown.append(stream_id)
        return unknown

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
            first, last = self._skipped.get(stream_id, {}).get(name, (0, 0))
            if first <= seq < last:
                known[name] = last
            else:
                self._drop_skipped(stream_id, name)
        self._forget()

    def move(self, stream_id: UUID, name: str, seq: int) -> None:
        """Stores a cursor that was written to the database."""
        self.add(stream_id, {name: seq})
        self._drop_skipped(stream_id, name)

    def mark_skipped(self, stream_id: UUID, name: str, seq: int) -> None:
        """Stores that the subscriber handles none of the events up to `seq`. The stream must be in the cache."""
        if seq > self.get(stream_id)[name]:
            self._skip(stream_id, [name], seq)

    def mark_skipped_from(self, stream_id: UUID, names: Iterable[str], base: int, seq: int) -> None:
        """Does the same for those of the subscribers whose cursor is known to be at `base`."""
        known = self._seqs.get(stream_id)
        if known is not None:
            self._seqs.move_to_end(stream_id)
            if at_base := [name for name in names if known[name] == base]:
                self._skip(stream_id, at_base, seq)

    def are_at(self, stream_id: UUID, head: int) -> bool:
        """Returns True if no subscriber has an event up to `head` to handle."""
        known = self._seqs.get(stream_id)
        return known is not None and min(known.values()) >= head

    def take_skipped(self, limit: int) -> list[tuple[UUID, str, int, int]]:
        """Removes and returns skipped ranges of up to `limit` streams, to be stored: (stream, subscriber, from, to)."""
        return [
            (stream_id, name, *part)
            for stream_id in list(self._skipped)[:limit]
            for name, part in self._skipped.pop(stream_id).items()
        ]

    def _skip(self, stream_id: UUID, names: Sequence[str], seq: int) -> None:
        known = self._seqs[stream_id]
        skipped = self._skipped.setdefault(stream_id, {})
        for name in names:
            first, _ = skipped.get(name, (known[name], 0))
            skipped[name] = first, seq
            known[name] = seq

    def _drop_skipped(self, stream_id: UUID, name: str) -> None:
        skipped = self._skipped.get(stream_id)
        if skipped is not None:
            skipped.pop(name, None)
            if not skipped:
                del self._skipped[stream_id]

    def _forget(self) -> None:
        if len(self._seqs) > MAX_KNOWN:
            self._seqs.popitem(last=False)
