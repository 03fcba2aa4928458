"""The base class of faults. To add one, write a class in `faults/` that says how often it happens and what it does."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from itertools import count
from pathlib import Path
from random import Random

from app.settings.streams_settings import BusDriver
from tests.faults.history import History
from tests.faults.load.workload import Workload
from tests.faults.scene.cluster import Cluster
from tests.faults.scene.probe import Probe


class DatabaseIs(StrEnum):
    """The way in which the database is unavailable. It determines how soon a request must be refused."""

    REFUSING = "refusing"
    FROZEN = "frozen"


@dataclass(frozen=True)
class Scene:
    """All that a fault can act on."""

    cluster: Cluster
    workload: Workload
    probe: Probe
    history: History
    random: Random
    is_short: bool
    numbers: Iterator[int] = field(default_factory=count)
    """Suffixes for the names of additional devices."""


class Unavailable(Exception):
    """The fault cannot be made on this machine. The message says what is missing."""


class Fault(ABC):
    name: str
    title: str
    times = 3
    """How often it happens in a full run."""
    in_short = True
    seconds = (10.0, 2.0)
    """How many seconds it lasts in a full run and in a short one."""
    database: DatabaseIs | None = None
    needs_wires = True
    """True if it acts on the wires between servers, clients and database, or moves the database. Without wires
    everything is faster: all their bytes go through the process of the run."""
    kills = False
    """True if it kills server processes."""
    bus: BusDriver | None = None
    """The bus that it acts on; it is made only in runs with that bus."""
    acts_on_replica = False
    """True if it is made only in runs with a replica."""
    spares_the_rest = False
    """True if only what needs the broken part may fail: the probes must succeed all the time."""

    async def prepare(self, scene: Scene) -> None:  # noqa: B027 - most faults need nothing
        """Make what the fault needs. It may take long, and must not disturb the servers."""

    @abstractmethod
    async def happen(self, scene: Scene) -> None:
        """Make the fault and undo it. When this returns, nothing prevents the servers from serving."""

    def lasts(self, scene: Scene) -> float:
        return self.seconds[scene.is_short]


def all_faults() -> Iterator[Fault]:
    for file in sorted((Path(__file__).parent / "faults").glob("*.py")):
        yield from import_module(f"tests.faults.faults.{file.stem}").FAULTS
