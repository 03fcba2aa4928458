"""CPU and memory of processes during a measurement."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

import psutil


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            # Children that have ended count as well: backends do end.
            total += times.user + times.system + times.children_user + times.children_system
    return total


def memory(processes: Iterable[psutil.Process]) -> int:
    """Returns resident bytes."""
    total = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total


class Meter:
    """Measures the CPU of groups of processes in cores, from its creation on."""

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
