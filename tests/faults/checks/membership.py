"""Who was a member of which chat between which sequence numbers, and when the harness removed and added members."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import NamedTuple, TypeAlias

from tests.faults.history import ADDED, ADDING, REMOVING, Moving
from tests.faults.truth import Event

Place: TypeAlias = int
"""The position of a record in the history."""


class Stay(NamedTuple):
    """A period of membership: from the account's `member.added` to its `member.removed`, both included."""

    first: int
    last: float

    def __contains__(self, seq: object) -> bool:
        return isinstance(seq, int) and self.first <= seq <= self.last


class Absence(NamedTuple):
    """A period out of a chat, as the harness saw it: from before the first request to after the answer to the last."""

    removing: Place
    adding: float
    added: float


def stays_in(events: Sequence[Event]) -> dict[str, list[Stay]]:
    """Returns the stays of each account according to the event log of a chat."""
    stays: dict[str, list[Stay]] = defaultdict(list)
    for event in events:
        if event.kind == "member.added":
            stays[event.subject].append(Stay(event.seq, inf))
        elif event.kind == "member.removed" and stays[event.subject]:
            stays[event.subject][-1] = stays[event.subject][-1]._replace(last=event.seq)
    return stays


def list_absences(moves: Iterable[tuple[Place, Moving]]) -> Mapping[tuple[str, str], list[Absence]]:
    """Returns the absences by chat and account, in order: the n-th lies between the n-th stay and the next."""
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
    """Returns True if one of the places, which are in ascending order, lies strictly between the two."""
    index = bisect_left(places, first + 1)
    return index < len(places) and places[index] < last
