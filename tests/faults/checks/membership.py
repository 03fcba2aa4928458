"""Who was in which chat between which numbers of its log, and when the harness let people in and out."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import NamedTuple, TypeAlias

from tests.faults.history import ADDED, ADDING, REMOVING, Moving
from tests.faults.truth import Event

Place: TypeAlias = int
"""Where a record stands in the history."""


class Stay(NamedTuple):
    """A time in a chat: from one's own `member.added` to one's own `member.removed`, both included."""

    first: int
    last: float

    def __contains__(self, seq: object) -> bool:
        return isinstance(seq, int) and self.first <= seq <= self.last


class Absence(NamedTuple):
    """A time out of a chat, as the harness saw it: from before the first request to after the answer to the last."""

    removing: Place
    adding: float
    added: float


def stays_in(events: Sequence[Event]) -> dict[str, list[Stay]]:
    """By account, as the log of a chat tells it."""
    stays: dict[str, list[Stay]] = defaultdict(list)
    for event in events:
        if event.kind == "member.added":
            stays[event.subject].append(Stay(event.seq, inf))
        elif event.kind == "member.removed" and stays[event.subject]:
            stays[event.subject][-1] = stays[event.subject][-1]._replace(last=event.seq)
    return stays


def list_absences(moves: Iterable[tuple[Place, Moving]]) -> Mapping[tuple[str, str], list[Absence]]:
    """By chat and account, in order: the n-th of them lies between the n-th stay and the next."""
    absences: dict[tuple[str, str], list[Absence]] = defaultdict(list)
    for place, move in moves:
        times = absences[move.chat, move.account]
        if move.step == REMOVING:
            times.append(Absence(place, inf, inf))
        elif move.step == ADDING and times:
            times[-1] = times[-1]._replace(adding=place)
        elif move.step == ADDED and times:
            times[-1] = times[-1]._replace(added=place)
    return absences


def has_any_between(places: Sequence[Place], first: Place, last: float) -> bool:
    """Whether one of the places, which are in ascending order, lies strictly between the two."""
    index = bisect_left(places, first + 1)
    return index < len(places) and places[index] < last
