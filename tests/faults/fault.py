"""What a fault is. To add one: a class in `faults/` that says how often it happens and what it does."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from itertools import count
from pathlib import Path
from random import Random

from tests.faults.history import History
from tests.faults.load.workload import Workload
from tests.faults.scene.cluster import Cluster
from tests.faults.scene.probe import Probe


class DatabaseIs(StrEnum):
    """How the database is away, which tells how soon a request is refused."""

    REFUSING = "refusing"
    FROZEN = "frozen"


@dataclass(frozen=True)
class Scene:
    """All that a fault can lay hands on."""

    cluster: Cluster
    workload: Workload
    probe: Probe
    history: History
    random: Random
    is_short: bool
    numbers: Iterator[int] = field(default_factory=count)
    """For the names of more devices."""


class Unavailable(Exception):
    """The fault cannot be made on this machine; the message tells what is missing."""


class Fault(ABC):
    name: str
    title: str
    times = 3
    """In the long run."""
    in_short = True
    seconds = (10.0, 2.0)
    """How long it lasts, in the long run and in the short one."""
    database: DatabaseIs | None = None
    needs_wires = True
    """Whether it does something to the wires between servers, clients and database, or moves the database. Without them
    everything is faster: all bytes go through the process of the run.
    """
    kills = False
    """Whether it kills server processes."""

    @abstractmethod
    async def happen(self, scene: Scene) -> None:
        """Does it, and takes it back. When this returns nothing stands in the way of serving any more."""

    def lasts(self, scene: Scene) -> float:
        return self.seconds[scene.is_short]


def all_faults() -> Iterator[Fault]:
    for file in sorted((Path(__file__).parent / "faults").glob("*.py")):
        yield from import_module(f"tests.faults.faults.{file.stem}").FAULTS
