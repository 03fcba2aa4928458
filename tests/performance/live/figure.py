"""A figure of a live run, and its limit."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.performance.outcome import percentile


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value. `at_most` is None if it has no limit."""

    title: str
    value: float
    unit: str
    at_most: float | None = None


def delays(title: str, seconds: Sequence[float], at_most_p50: float | None = None) -> list[Figure]:
    """Returns the p50 and the p99, in milliseconds."""
    ordered = sorted(seconds)
    p50, p99 = (percentile(ordered, share) * 1000 for share in (0.5, 0.99))
    return [Figure(f"{title}, p50", p50, "ms", at_most_p50), Figure(f"{title}, p99", p99, "ms")]
