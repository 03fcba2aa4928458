"""CPU and memory of processes during a measurement."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            # Children that have ended count as well: backends do end.
            total += times.user + times.system + times.children_user + times.children_system
    return total


def cpu_nanoseconds(processes: Iterable[psutil.Process]) -> int:
    """Returns the nanoseconds that all threads have run: other counters have steps of 10 ms."""
    total = 0
    for process in processes:
        # Backends and threads end while they are read.
        with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            for thread in process.threads():
                schedule = Path("/proc") / str(process.pid) / "task" / str(thread.id) / "schedstat"
                total += int(schedule.read_text().split()[0])
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
