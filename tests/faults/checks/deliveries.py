"""Checks that each device received the event log: in order, no duplicates, no gaps, nothing it has no right to."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from tests.faults.checks.membership import Absence, Place, Stay, has_any_between, stays_in
from tests.faults.truth import Event, Truth
from tests.faults.violations import Kind, Violation


class Delivered(NamedTuple):
    place: Place
    seq: int
    kind: str
    subject: str


@dataclass(slots=True)
class Device:
    """What happened to one device. `resumes` are the places in the history at which its hello was accepted."""

    name: str
    account: str
    cursors: Mapping[str, int]
    resumes: list[Place] = field(default_factory=list)
    applied: dict[str, list[Delivered]] = field(default_factory=lambda: defaultdict(list))
    finished: bool = False


def check_deliveries(
    devices: Sequence[Device], absences: Mapping[tuple[str, str], Sequence[Absence]], truth: Truth
) -> Iterator[Violation]:
    stays = {stream: stays_in(truth.events.get(stream, ())) for stream in truth.last_seqs}
    for device in devices:
        everywhere = {device.account} | {chat for chat, members in stays.items() if device.account in members}
        for stream in everywhere | device.applied.keys():
            own = [Stay(1, inf)] if stream == device.account else stays.get(stream, {}).get(device.account, [])
            events = truth.events.get(stream, ())
            yield from _StreamOfDevice(device, stream, own, absences.get((stream, device.account), ()), events).check()


@dataclass(slots=True)
class _StreamOfDevice:
    device: Device
    stream: str
    stays: Sequence[Stay]
    absences: Sequence[Absence]
    log: Sequence[Event]

    def check(self) -> Iterator[Violation]:
        if not self.stays:
            yield self._violation(Kind.LEAK, "was never meant for it")
            return
        last = self.device.cursors.get(self.stream, self.stays[0].first - 1)
        first_of_log = self.log[0].seq if self.log else 1
        for delivered in self.device.applied.get(self.stream, ()):
            seq = delivered.seq
            if seq <= last:
                kind = Kind.DOUBLED if seq >= self.stays[0].first else Kind.LEAK
                yield self._violation(kind, f"{seq} came after {last}")
                continue
            yield from self._check_missing(last, seq, delivered.place)
            yield from self._check_allowed(delivered)
            index = seq - first_of_log
            stored = self.log[index] if 0 <= index < len(self.log) else None
            if stored is None or (stored.seq, stored.kind, stored.subject) != delivered[1:]:
                yield self._violation(Kind.CHANGED, f"{delivered[1:]} was delivered, the log has {stored}")
            last = seq
        if self.device.finished and self.log:
            yield from self._check_missing(last, self.log[-1].seq + 1, inf)

    def _check_missing(self, last: int, seq: int, place: float) -> Iterator[Violation]:
        """A device that resumed while out of the chat need not receive the rest of that stay. All other events are
        required."""
        for number, stay in enumerate(self.stays):
            missing = range(max(last + 1, stay.first), int(min(seq, stay.last + 1)))
            if missing and not self._came_back_outside(number, place):
                yield self._violation(Kind.HOLE, f"{missing[0]} to {missing[-1]} did not come")

    def _came_back_outside(self, number: int, place: float) -> bool:
        return number < len(self.absences) and has_any_between(
            self.device.resumes, self.absences[number].removing, place
        )

    def _check_allowed(self, delivered: Delivered) -> Iterator[Violation]:
        """A member who returns may read what was said during the absence, but only after the return."""
        if any(delivered.seq in stay for stay in self.stays):
            return
        before = sum(1 for stay in self.stays if stay.last < delivered.seq)
        back = (
            self.absences[before - 1].adding if 0 < before <= len(self.absences) and before < len(self.stays) else inf
        )
        if before == 0 or delivered.place < back:
            yield self._violation(Kind.LEAK, f"{delivered.seq}, {delivered.kind}, came while it was not in the chat")

    def _violation(self, kind: Kind, detail: str) -> Violation:
        return Violation(kind, f"{self.device.name}, {self.stream}: {detail}")
