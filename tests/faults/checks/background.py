"""Each event handled once and in order by every subscriber, each job run, and both soon."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from tests.faults.background import Attempt, Background, Noted, expected, expected_reminders
from tests.faults.truth import Truth
from tests.faults.violations import Kind, Violation

_QUIET_DEADLINE = 2.0
_AFTER_KILL_DEADLINE = 10.0
_LENIENCE = 10.0
"""How much longer everything may take where other work goes on beside it."""
_FEW = 100
"""Fewer values have no p99."""
JOBS = "jobs"


class Period(NamedTuple):
    """A time in which something was broken, in seconds since 1970; `is_kill` where processes were killed."""

    began: float
    ended: float
    is_kill: bool


class Lag(NamedTuple):
    """How late something came: p99 in seconds, None of too few."""

    name: str
    handled: int
    quiet: float | None
    after_a_kill: float | None
    longest: float


def check_background(background: Background, truth: Truth) -> Iterator[Violation]:
    """Whether each event was handled and each job ran, as often as it is to be."""
    for name, events in expected(truth).items():
        yield from _check_noted(name, events, background.noted.get(name, []))
    reminders = set(expected_reminders(truth))
    attempted = {(one.stream, one.seq) for one in background.attempts}
    reminded = Counter(background.reminders)
    for stream, seq in sorted(reminders - (attempted & reminded.keys())):
        yield Violation(Kind.LOST, f"the job of event {seq} of {stream} did not run")
    for stream, seq in sorted((attempted | reminded.keys()) - reminders):
        yield Violation(Kind.CHANGED, f"a job ran for event {seq} of {stream}, which has none")
    for (stream, seq), times in reminded.items():
        if times > 1:
            yield Violation(Kind.DOUBLED, f"the job of event {seq} of {stream} had its effect {times} times")


def measure(background: Background, periods: Sequence[Period]) -> list[Lag]:
    """Of each subscriber, and of the first attempts of jobs."""
    lags = [_lag(name, ((one.at, one.noted_at) for one in those), periods) for name, those in background.noted.items()]
    first: dict[tuple[str, int], Attempt] = {}
    for one in background.attempts:
        first.setdefault((one.stream, one.seq), one)
    return [*lags, _lag(JOBS, ((one.due_at, one.at) for one in first.values()), periods)]


def check_lags(lags: Iterable[Lag], *, is_short: bool) -> Iterator[Violation]:
    """Whether they came soon."""
    lenience = _LENIENCE if is_short else 1.0
    for lag in lags:
        if lag.quiet is not None and lag.quiet > _QUIET_DEADLINE * lenience:
            yield Violation(Kind.LATE, f"{lag.name}: p99 {lag.quiet:.2f} s while nothing was broken")
        if lag.after_a_kill is not None and lag.after_a_kill > _AFTER_KILL_DEADLINE * lenience:
            yield Violation(Kind.LATE, f"{lag.name}: p99 {lag.after_a_kill:.2f} s while processes were killed")


def _check_noted(name: str, events: Iterable[tuple[str, int]], noted: Sequence[Noted]) -> Iterator[Violation]:
    times = Counter((one.stream, one.seq) for one in noted)
    expected = set(events)
    for stream, seq in sorted(expected - times.keys()):
        yield Violation(Kind.LOST, f"{name} has not handled event {seq} of {stream}")
    for stream, seq in sorted(times.keys() - expected):
        yield Violation(Kind.CHANGED, f"{name} has handled event {seq} of {stream}, which it does not want")
    before: dict[str, int] = {}
    for one in noted:
        if times[one.stream, one.seq] > 1:
            yield Violation(Kind.DOUBLED, f"{name} has handled event {one.seq} of {one.stream} more than once")
        if one.seq < before.get(one.stream, 0):
            yield Violation(
                Kind.MISORDERED, f"{name} has handled event {one.seq} of {one.stream} after {before[one.stream]}"
            )
        before[one.stream] = one.seq


def _lag(name: str, times: Iterable[tuple[datetime, datetime]], periods: Sequence[Period]) -> Lag:
    """Of (when it was due, when it came)."""
    by_time: Mapping[bool | None, list[float]] = {True: [], False: [], None: []}
    for due, came in times:
        by_time[_is_kill(due, came, periods)].append((came - due).total_seconds())
    everything = [lag for lags in by_time.values() for lag in lags]
    return Lag(name, len(everything), _p99(by_time[None]), _p99(by_time[True]), max(everything, default=0.0))


def _is_kill(due: datetime, came: datetime, periods: Sequence[Period]) -> bool | None:
    """None of what was due and came while nothing was broken."""
    for period in periods:
        if came >= datetime.fromtimestamp(period.began, UTC) and due <= datetime.fromtimestamp(period.ended, UTC):
            return period.is_kill
    return None


def _p99(values: list[float]) -> float | None:
    return sorted(values)[len(values) * 99 // 100] if len(values) >= _FEW else None
