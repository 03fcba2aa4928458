"""Checks the servers while the database is down: fast refusals with Retry-After, liveness, fast recovery."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.faults.fault import DatabaseIs, Fault
from tests.faults.scene.probe import LIVE, Probe, Sample
from tests.faults.violations import Kind, Violation

_REFUSAL_DEADLINE = {DatabaseIs.REFUSING: 1.0, DatabaseIs.FROZEN: 5.0}
_RECOVERY_DEADLINE = 5.0
_LENIENCE = 10.0
"""The factor by which all limits grow when other work runs on the same machine."""

_BUSY = 0.1
"""The part of the requests that may be refused with Retry-After although they need nothing that is down, when other
work runs on the same machine."""


class Happened(NamedTuple):
    """One occurrence of a fault. `recovery` is the time in seconds from its end until every server served again."""

    fault: Fault
    began: float
    ended: float
    recovery: float


class Behaviour(NamedTuple):
    """The slowest responses while a fault lasted."""

    refusal: float
    live: float


def behaviour(happened: Sequence[Happened], probe: Probe) -> Behaviour:
    refusals, lives = [0.0], [0.0]
    for occurrence in happened:
        refusals += [sample.seconds for sample in _needing_database(occurrence, probe) if sample.status == 503]
        lives += [
            sample.seconds
            for sample in probe.between(occurrence.began, occurrence.ended, lambda sample: sample.path == LIVE)
        ]
    return Behaviour(max(refusals), max(lives))


def check_availability(
    happened: Sequence[Happened], probe: Probe, *, is_short: bool, is_pooled: bool
) -> Iterator[Violation]:
    """Checks the faults that make the database unavailable, and those that make something else unavailable.

    `is_pooled`: a database that refuses connections looks like a frozen one. Statements wait in the pooler.
    """
    lenience = _LENIENCE if is_short else 1.0
    for occurrence in happened:
        if occurrence.fault.spares_the_rest:
            for sample in _failed_without_need(occurrence, probe, is_short=is_short):
                yield Violation(Kind.UNAVAILABLE, f"{occurrence.fault.name}: {sample} needs nothing that was down")
        if occurrence.fault.database is None:
            continue
        seen = DatabaseIs.FROZEN if is_pooled else occurrence.fault.database
        deadline = _REFUSAL_DEADLINE[seen] * lenience
        for sample in _needing_database(occurrence, probe):
            if not sample.is_success and not (sample.status == 503 and sample.retry_after):
                yield Violation(Kind.UNAVAILABLE, f"{occurrence.fault.name}: {sample} is no 503 with Retry-After")
            elif not sample.is_success and sample.seconds > deadline:
                asked = sample.began - occurrence.began
                yield Violation(
                    Kind.UNAVAILABLE,
                    f"{occurrence.fault.name}: asked {asked:.2f} s into it, refused after {sample.seconds:.2f} s",
                )
        for sample in probe.between(occurrence.began, occurrence.ended, lambda sample: sample.path == LIVE):
            if not sample.is_success:
                yield Violation(Kind.UNAVAILABLE, f"{occurrence.fault.name}: {sample} is no sign of life")
        if occurrence.recovery > _RECOVERY_DEADLINE * lenience:
            yield Violation(Kind.UNAVAILABLE, f"{occurrence.fault.name}: back after {occurrence.recovery:.2f} s")


def _failed_without_need(occurrence: Happened, probe: Probe, *, is_short: bool) -> list[Sample]:
    samples = probe.between(occurrence.began, occurrence.ended, lambda _: True)
    failed = [sample for sample in samples if not sample.is_success]
    if is_short and len(failed) <= _BUSY * len(samples):
        failed = [sample for sample in failed if sample.status != 503 or not sample.retry_after]
    return failed


def _needing_database(occurrence: Happened, probe: Probe) -> list[Sample]:
    return probe.between(occurrence.began, occurrence.ended, lambda sample: sample.path != LIVE)
