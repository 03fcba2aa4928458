"""What processes cost while something is measured."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

import psutil


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            # Those of children that have ended, as backends do, count as well.
            total += times.user + times.system + times.children_user + times.children_system
    return total


def memory(processes: Iterable[psutil.Process]) -> int:
    """Resident bytes."""
    total = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total


class Meter:
    """CPU of groups of processes, in cores, from its making on."""

    def __init__(self, groups: Mapping[str, Callable[[], list[psutil.Process]]]) -> None:
        self._groups = groups
        self._began = time.perf_counter()
        self._before = {name: cpu_seconds(processes()) for name, processes in groups.items()}

    def read(self) -> dict[str, float]:
        took = time.perf_counter() - self._began
        return {
            name: max(cpu_seconds(processes()) - self._before[name], 0.0) / took
            for name, processes in self._groups.items()
        }
