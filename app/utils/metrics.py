"""The metrics of the core, and the functions that define others. Counting takes about a microsecond and never fails.

With several worker processes prometheus_client keeps the values in shared files (docs/metrics.md). So each gauge says
how the values of several processes are combined.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from app.utils.processes import shared_metrics


def _ensure_folder(shared: Path) -> None:
    """Creates the folder if a cleaner of temporary files removed it: no metric can be defined or read without it."""
    shared.mkdir(mode=0o700, parents=True, exist_ok=True)


if (_shared := shared_metrics()) is not None:
    _ensure_folder(_shared)
# They would be a second series for each counter, which nothing reads.
disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY = CollectorRegistry()
_NAMESPACE = "messenger"
_Mode = Literal["livesum", "livemin", "livemax", "max"]


class Defined(NamedTuple):
    """The description of a metric in docs/metrics.md."""

    name: str
    labels: tuple[str, ...]
    text: str


DEFINED: list[Defined] = []


def counter(name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
    """Defines the counter `messenger_<name>_total`. Call it once per process."""
    DEFINED.append(Defined(f"{_NAMESPACE}_{name}_total", labels, text))
    return Counter(name, text, labels, namespace=_NAMESPACE, registry=REGISTRY)


def gauge(name: str, text: str, labels: tuple[str, ...] = (), *, multiprocess_mode: _Mode) -> Gauge:
    """Defines the gauge `messenger_<name>`. The mode says how the values of several processes are combined."""
    DEFINED.append(Defined(f"{_NAMESPACE}_{name}", labels, text))
    return Gauge(name, text, labels, namespace=_NAMESPACE, registry=REGISTRY, multiprocess_mode=multiprocess_mode)


def histogram(name: str, text: str, labels: tuple[str, ...] = (), *, buckets: tuple[float, ...]) -> Histogram:
    """Defines the histogram `messenger_<name>`."""
    DEFINED.append(Defined(f"{_NAMESPACE}_{name}", labels, text))
    return Histogram(name, text, labels, namespace=_NAMESPACE, registry=REGISTRY, buckets=buckets)


REQUESTS = histogram(
    "http_request_seconds",
    "histogram of the time of requests; `route` is the path template, `(none)` if no route matches; `status` 499 "
    "means that the client disconnected before its body was complete or while its request was waiting",
    ("method", "route", "status"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
WAITING_REQUESTS = counter(
    "http_event_requests",
    "finished polls and server-sent event streams; they wait by design, so their time is not measured",
    ("route", "status"),
)
CALLBACK_ERRORS = counter(
    "callback_errors",
    "exceptions in listeners, followers and after-commit actions; each is a bug, and the log has its traceback",
    ("owner",),
)
POOL_CONNECTIONS = gauge(
    "pool_connections",
    "database connections by pool (`hot`, `session`) and state (`idle`, `busy`); if all are busy for long, the "
    "pool is too small",
    ("pool", "state"),
    multiprocess_mode="livesum",
)
POOL_TIMEOUTS = counter(
    "pool_timeouts",
    "requests refused with 503 `overloaded` because all connections of the pool were in use for 2.5 s",
    ("pool",),
)
DATABASE_AVAILABLE = gauge(
    "database_available",
    "1 unless the last attempt to connect to the database failed; at 0 requests are answered 503",
    multiprocess_mode="livemin",
)
BUS_CONNECTED = gauge(
    "bus_connected",
    "1 if processes notify each other at once; at 0 they find new events by the sweep, up to 1.5 s later",
    multiprocess_mode="livemin",
)
BUS_LAG = gauge(
    "bus_lag_seconds", "round-trip time of the latest notification over the bus", multiprocess_mode="livemax"
)
LOOP_LAG = gauge(
    "loop_lag_seconds",
    "delay of the event loop at the latest check; above 0.1 the process is overloaded",
    multiprocess_mode="livemax",
)


def render(shared: Path | None) -> bytes:
    """Returns all metrics in Prometheus' text format."""
    return generate_latest(collect(shared))


def collect(shared: Path | None) -> CollectorRegistry:
    """Returns all metrics of this process, or of all processes that keep theirs in the folder `shared`.

    Memory, time and open files are included for a single process only: of several, they would be those of the process
    that happens to answer.
    """
    together = CollectorRegistry()
    if shared is None:
        together.register(REGISTRY)
        ProcessCollector(registry=together)
    else:
        _ensure_folder(shared)
        _remove_ended_processes(shared)
        MultiProcessCollector(together, path=str(shared))  # type: ignore[no-untyped-call]
    return together


def _remove_ended_processes(shared: Path) -> None:
    """Removes the live gauges of processes that have ended. Their counters stay.

    The library chooses the names of the files: see tests/test_patched_internals.py.
    """
    for pid in {path.stem.rpartition("_")[2] for path in shared.glob("gauge_live*.db")}:
        try:
            os.kill(int(pid), 0)
        except (ProcessLookupError, PermissionError):
            # The id of an ended process may be that of another user's process by now.
            with suppress(FileNotFoundError):
                mark_process_dead(int(pid), str(shared))  # type: ignore[no-untyped-call]
