"""The base class of scenarios. To add one: a file in `scenarios/` with a class and its instances in `SCENARIOS`."""

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
    """Something that is measured: `run` puts it under load for so many seconds. CPU and memory are those of
    `server`."""

    run: Callable[[float], Outcome]
    server: Server | None = None


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio within one run, which is similar on other machines, and its target."""

    title: str
    compute: Callable[[Results], float]
    at_least: float | None = None
    at_most: float | None = None
    goal: float | None = None

    def is_met(self, value: float) -> bool:
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


def rate_of(one: str, other: str) -> Callable[[Results], float]:
    """Returns a function: the rate of `one` divided by that of `other`."""
    return lambda results: results[one].rate / results[other].rate


class Scenario(ABC):
    """Contenders that are measured in turn, A B C C B A, so that other work on the machine affects all of them."""

    name: str
    title: str
    unit = "requests/s"
    ratios: Sequence[Ratio] = ()

    @abstractmethod
    def contenders(self, world: World, stack: ExitStack) -> Mapping[str, Contender]:
        """Prepares the contenders; this is not measured. `stack` closes what they need after the last round."""


def all_scenarios(*, peers: bool = False) -> Iterator[Scenario]:
    """Yields the scenarios; with `peers`, those of other servers too."""
    if peers:
        yield from import_module("tests.performance.peers.scenario").SCENARIOS
    for file in sorted((Path(__file__).parent / "scenarios").glob("*.py")):
        yield from import_module(f"tests.performance.scenarios.{file.stem}").SCENARIOS
