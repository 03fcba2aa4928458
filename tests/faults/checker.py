"""Compares what clients received with what is stored in the database. Pure functions: no run is needed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from sys import intern

from tests.faults.checks.deliveries import Delivered, Device, check_deliveries
from tests.faults.checks.membership import Place, list_absences
from tests.faults.checks.numbers import check_log, check_numbers
from tests.faults.checks.sends import Send, check_senders, check_sends
from tests.faults.history import (
    RESTART,
    Answered,
    Applied,
    Closed,
    Finished,
    Gap,
    Mark,
    Moving,
    Record,
    Refused,
    Requested,
    Resumed,
    Unknown,
)
from tests.faults.truth import Truth
from tests.faults.violations import Kind, Violation

_COME_BACK = (1012, 1013, None)
"""Close codes that send a client to another server; None where the network has cut it off."""


@dataclass
class Counts:
    """The numbers of attempts and results."""

    acknowledged: int = 0
    retried: int = 0
    unknown_settled: int = 0
    delivered: int = 0
    resumed: int = 0


@dataclass
class Verdict:
    counts: Counts
    violations: list[Violation]


@dataclass
class _Gathered:
    sends: dict[str, Send] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    moves: list[tuple[Place, Moving]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    closed: list[tuple[str, Closed]] = field(default_factory=list)


def check(history: Iterable[Record], truth: Truth) -> Verdict:
    """Returns all violations, and the counts of what was checked."""
    gathered = _gather(history)
    counts = Counts(
        acknowledged=sum(1 for send in gathered.sends.values() if send.answers),
        retried=sum(send.unknown for send in gathered.sends.values()),
        unknown_settled=sum(1 for send in gathered.sends.values() if send.unknown and (send.answers or send.refused)),
        delivered=sum(len(those) for device in gathered.devices.values() for those in device.applied.values()),
        resumed=sum(len(device.resumes) for device in gathered.devices.values()),
    )
    return Verdict(counts, list(_violations(gathered, truth)))


def _violations(gathered: _Gathered, truth: Truth) -> Iterator[Violation]:
    absences = list_absences(gathered.moves)
    yield from check_sends(list(gathered.sends.values()), absences, truth)
    yield from check_senders(truth)
    yield from check_numbers(truth)
    yield from check_log(truth)
    yield from check_deliveries(list(gathered.devices.values()), absences, truth)
    for gap in gathered.gaps:
        yield Violation(Kind.HOLE, f"{gap.device} got a gap in {gap.stream}, {gap.first_seq}, {gap.last_seq}")
    for going_on, (device, code) in gathered.closed:
        if going_on == RESTART and code not in _COME_BACK:
            yield Violation(Kind.UNAVAILABLE, f"{device} was closed with {code} where servers restarted")


def _gather(history: Iterable[Record]) -> _Gathered:
    gathered = _Gathered()
    sends, devices = gathered.sends, gathered.devices
    going_on = ""
    for place, record in enumerate(history):
        match record:
            case Applied(device, stream, seq, kind, subject):
                # There are millions of them: repeated strings are stored once.
                delivered = Delivered(place, seq, intern(kind), intern(subject))
                devices[device].applied[intern(stream)].append(delivered)
            case Requested(client_msg_id=client_msg_id):
                sends[client_msg_id] = Send(record, place)
            case Answered(client_msg_id=client_msg_id):
                sends[client_msg_id].answers.append(record)
            case Unknown(client_msg_id=client_msg_id):
                sends[client_msg_id].unknown += 1
            case Refused(client_msg_id, code):
                sends[client_msg_id].refused, sends[client_msg_id].refused_at = code, place
            case Resumed(name, account, cursors):
                devices.setdefault(name, Device(name, account, cursors)).resumes.append(place)
            case Finished(name):
                devices[name].finished = True
            case Moving():
                gathered.moves.append((place, record))
            case Gap():
                gathered.gaps.append(record)
            case Mark(what=what):
                going_on = what
            case Closed():
                gathered.closed.append((going_on, record))
    return gathered
