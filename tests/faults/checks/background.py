"""Checks that every subscriber handled each event once and in order, that each job ran, and that both were timely."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from app.modules.jobs_module.services.runner import LEASE
from tests.faults.background import Attempt, Background, Noted, expected, expected_reminders
from tests.faults.truth import Truth
from tests.faults.violations import Kind, Violation

_QUIET_DEADLINE = 2.0
_AFTER_KILL_DEADLINE = 10.0
_LENIENCE = 10.0
"""The factor by which all limits grow when other work runs on the same machine."""
_CLOCK_IS_OFF = 1800.0
"""Seconds between two times that only clocks of two servers explain: no run is that long."""
_FEW = 100
"""With fewer values there is no p99."""
JOBS = "jobs"


class Period(NamedTuple):
    """A period with a fault, in seconds since 1970. `is_kill` is True if processes were killed."""

    began: float
    ended: float
    is_kill: bool


class Lag(NamedTuple):
    """The delays of one kind of work: p99 in seconds, None if there are too few values."""

    name: str
    handled: int
    quiet: float | None
    after_a_kill: float | None
    longest: float


def check_background(background: Background, truth: Truth) -> Iterator[Violation]:
    """Yields a violation for each event or job that was handled too often, not at all, or out of order."""
    for name, events in expected(truth).items():
        yield from _check_noted(name, events, background.noted.get(name, []))
    reminders = set(expected_reminders(truth))
    attempted = {(attempt.stream, attempt.seq) for attempt in background.attempts}
    reminded = Counter(background.reminders)
    for stream, seq in sorted(reminders - (attempted & reminded.keys())):
        yield Violation(Kind.LOST, f"the job of event {seq} of {stream} did not run")
    for stream, seq in sorted((attempted | reminded.keys()) - reminders):
        yield Violation(Kind.CHANGED, f"a job ran for event {seq} of {stream}, which has none")
    for (stream, seq), times in reminded.items():
        if times > 1:
            yield Violation(Kind.DOUBLED, f"the job of event {seq} of {stream} had its effect {times} times")


def measure(background: Background, periods: Sequence[Period]) -> list[Lag]:
    """Returns the lags of each subscriber and of the first attempts of jobs."""
    lags = [
        _lag(name, ((entry.at, entry.noted_at) for entry in entries), periods)
        for name, entries in background.noted.items()
    ]
    first: dict[tuple[str, int], Attempt] = {}
    for attempt in background.attempts:
        first.setdefault((attempt.stream, attempt.seq), attempt)
    return [*lags, _lag(JOBS, ((attempt.due_at, attempt.at) for attempt in first.values()), periods)]


def check_lags(lags: Iterable[Lag], *, is_short: bool) -> Iterator[Violation]:
    """Yields a violation for each lag above its limit."""
    lenience = _LENIENCE if is_short else 1.0
    for lag in lags:
        if lag.quiet is not None and lag.quiet > _QUIET_DEADLINE * lenience:
            yield Violation(Kind.LATE, f"{lag.name}: p99 {lag.quiet:.2f} s while nothing was broken")
        # Jobs that a killed process had claimed are run by another one after their lease.
        limit = _AFTER_KILL_DEADLINE + (LEASE if lag.name == JOBS else 0)
        if lag.after_a_kill is not None and lag.after_a_kill > limit * lenience:
            yield Violation(Kind.LATE, f"{lag.name}: p99 {lag.after_a_kill:.2f} s while processes were killed")


def _check_noted(name: str, events: Iterable[tuple[str, int]], noted: Sequence[Noted]) -> Iterator[Violation]:
    times = Counter((entry.stream, entry.seq) for entry in noted)
    expected = set(events)
    for stream, seq in sorted(expected - times.keys()):
        yield Violation(Kind.LOST, f"{name} has not handled event {seq} of {stream}")
    for stream, seq in sorted(times.keys() - expected):
        yield Violation(Kind.CHANGED, f"{name} has handled event {seq} of {stream}, which it does not subscribe to")
    before: dict[str, int] = {}
    for entry in noted:
        if times[entry.stream, entry.seq] > 1:
            yield Violation(Kind.DOUBLED, f"{name} has handled event {entry.seq} of {entry.stream} more than once")
        if entry.seq < before.get(entry.stream, 0):
            yield Violation(
                Kind.MISORDERED, f"{name} has handled event {entry.seq} of {entry.stream} after {before[entry.stream]}"
            )
        before[entry.stream] = entry.seq


def _lag(name: str, times: Iterable[tuple[datetime, datetime]], periods: Sequence[Period]) -> Lag:
    """Returns the lag for a list of pairs (time due, time handled)."""
    by_time: Mapping[bool | None, list[float]] = {True: [], False: [], None: []}
    for due, done in times:
        lag = (done - due).total_seconds()
        if abs(lag) < _CLOCK_IS_OFF:
            by_time[_is_kill(due, done, periods)].append(lag)
    everything = [lag for lags in by_time.values() for lag in lags]
    return Lag(name, len(everything), _p99(by_time[None]), _p99(by_time[True]), max(everything, default=0.0))


def _is_kill(due: datetime, done: datetime, periods: Sequence[Period]) -> bool | None:
    """Returns True if in between processes were killed and nothing else was broken, None if nothing was broken."""
    met = {
        period.is_kill
        for period in periods
        if done >= datetime.fromtimestamp(period.began, UTC) and due <= datetime.fromtimestamp(period.ended, UTC)
    }
    return met == {True} if met else None


def _p99(values: list[float]) -> float | None:
    return sorted(values)[len(values) * 99 // 100] if len(values) >= _FEW else None
