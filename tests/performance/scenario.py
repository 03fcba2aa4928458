"""What a scenario is. To add one: a file in `scenarios/` with a class and its instances in `SCENARIOS`."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tests.performance.outcome import Outcome, Summary
from tests.performance.servers import Server
from tests.performance.world import World

Results = Mapping[str, Summary]


@dataclass(frozen=True, slots=True)
class Contender:
    """Something that is measured: `run` loads it for so many seconds. `server` is whose CPU and memory are told."""

    run: Callable[[float], Outcome]
    server: Server | None = None


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure out of one run, which another machine gives too, and what it has to be."""

    title: str
    compute: Callable[[Results], float]
    at_least: float | None = None
    at_most: float | None = None
    goal: float | None = None

    def is_met(self, value: float) -> bool:
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


def rate_of(one: str, other: str) -> Callable[[Results], float]:
    """How many times the rate of the one is that of the other."""
    return lambda results: results[one].rate / results[other].rate


class Scenario(ABC):
    """Contenders that are measured in turn, A B C C B A, so that whatever else the machine does hits all of them."""

    name: str
    title: str
    unit = "requests/s"
    ratios: Sequence[Ratio] = ()

    @abstractmethod
    def contenders(self, world: World, stack: ExitStack) -> Mapping[str, Contender]:
        """Prepares what they need, which is not a part of what is measured. `stack` closes it after the last round."""


def all_scenarios() -> Iterator[Scenario]:
    for file in sorted((Path(__file__).parent / "scenarios").glob("*.py")):
        yield from import_module(f"tests.performance.scenarios.{file.stem}").SCENARIOS
