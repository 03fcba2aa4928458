"""What one process knows of the cursors: what it has read, and what it has skipped without writing it down yet."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

MAX_KNOWN = 50_000
"""Streams; the one used least lately is forgotten, and read again."""


class CursorCache:
    """A cursor only ever moves forward, so an old value is no mistake: it costs a look at events that are done."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._seqs: OrderedDict[UUID, dict[str, int]] = OrderedDict()
        # By stream and subscriber: where the looking began, and how far nothing was wanted.
        self._skipped: dict[tuple[UUID, str], tuple[int, int]] = {}

    def unknown(self, stream_ids: Iterable[UUID]) -> list[UUID]:
        return [stream_id for stream_id in stream_ids if stream_id not in self._seqs]

    def of(self, stream_id: UUID) -> Mapping[str, int]:
        """Returns the cursor of each subscriber; the stream has to be known."""
        self._seqs.move_to_end(stream_id)
        return self._seqs[stream_id]

    def add(self, stream_id: UUID, seqs: Mapping[str, int]) -> None:
        """Notes cursors that were read; a subscriber without a row begins at 0."""
        known = self._seqs.setdefault(stream_id, dict.fromkeys(self._names, 0))
        for name, seq in seqs.items():
            known[name] = max(known[name], seq)
        self._forget()

    def read(self, stream_id: UUID, seqs: Mapping[str, int]) -> None:
        """Takes the cursors as the database has them: an operator may have moved them back."""
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
        """Notes a cursor that was written."""
        self.add(stream_id, {name: seq})
        self._skipped.pop((stream_id, name), None)

    def pass_over(self, stream_id: UUID, name: str, seq: int) -> None:
        """Notes that the subscriber wants none of the events up to `seq`."""
        before = self.of(stream_id)[name]
        if seq > before:
            first, _ = self._skipped.get((stream_id, name), (before, before))
            self._skipped[stream_id, name] = first, seq
            self.add(stream_id, {name: seq})

    def take_skipped(self, limit: int) -> list[tuple[UUID, str, int, int]]:
        """Returns what was skipped, to be written: (stream, subscriber, from, to)."""
        taken = [(*key, *self._skipped[key]) for key in list(self._skipped)[:limit]]
        for stream_id, name, _, _ in taken:
            del self._skipped[stream_id, name]
        return taken

    def _forget(self) -> None:
        if len(self._seqs) > MAX_KNOWN:
            self._seqs.popitem(last=False)
