"""The results of one measurement, and their medians."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(slots=True)
class Outcome:
    """One round of one contender. Latencies are in seconds, CPU in cores, memory in bytes."""

    count: int
    seconds: float
    latencies: list[float] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)
    memory: int = 0

    @property
    def rate(self) -> float:
        return self.count / self.seconds


@dataclass(frozen=True, slots=True)
class Summary:
    """Medians over the rounds. Times in milliseconds, memory in MB, CPU in cores."""

    rate: float
    p50: float | None
    p99: float | None
    cpu: dict[str, float]
    memory: float
    rates: tuple[float, ...]

    @property
    def cost(self) -> float:
        """Microseconds of the server's CPU per request. Other work on the machine changes it little."""
        return self.cpu.get("server", 0.0) / self.rate * 1e6 if self.rate else 0.0


def percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def summarise(outcomes: Sequence[Outcome]) -> Summary:
    ordered = [sorted(outcome.latencies) for outcome in outcomes if outcome.latencies]
    names = {name for outcome in outcomes for name in outcome.cpu}
    return Summary(
        rate=median(outcome.rate for outcome in outcomes),
        p50=median(percentile(latencies, 0.5) for latencies in ordered) * 1000 if ordered else None,
        p99=median(percentile(latencies, 0.99) for latencies in ordered) * 1000 if ordered else None,
        cpu={name: median(outcome.cpu.get(name, 0.0) for outcome in outcomes) for name in sorted(names)},
        memory=max(outcome.memory for outcome in outcomes) / 1e6,
        rates=tuple(outcome.rate for outcome in outcomes),
    )
