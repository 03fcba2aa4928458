"""What is counted: each metric is defined here, once. Counting takes about a microsecond and never fails.

With several worker processes prometheus_client keeps the values in files that all of them share (docs/metrics.md), so a
gauge says how those of several processes become one.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

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

# Cleaners of temporary files may have removed it: without the folder no metric can be made.
if (_shared := shared_metrics()) is not None:
    _shared.mkdir(mode=0o700, parents=True, exist_ok=True)
# A second series for each counter, that nothing reads.
disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY = CollectorRegistry()

_counter = partial(Counter, namespace="messenger", registry=REGISTRY)
_gauge = partial(Gauge, namespace="messenger", registry=REGISTRY)
_histogram = partial(Histogram, namespace="messenger", registry=REGISTRY)

REQUESTS = _histogram(
    "http_request_seconds",
    "Seconds from a request to the end of its answer",
    ("method", "route", "status"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
WAITING_REQUESTS = _counter(
    "http_event_requests", "Polls and server-sent events that ended; they wait on purpose", ("route", "status")
)
_SENDS = _counter("sends", "Wanted messages, by what became of them", ("outcome",))
SENDS_WRITTEN = _SENDS.labels("written")
SENDS_REPLAYED = _SENDS.labels("replayed")
SENDS_REFUSED = _SENDS.labels("refused")
SENDS_FAILED = _SENDS.labels("failed")
SEND_BATCH = _histogram("send_batch_size", "Sends that one transaction took", buckets=(1, 2, 5, 10, 20, 50, 100))
SENDS_WAITING = _gauge("sends_waiting", "Sends that are queued and in no batch yet", multiprocess_mode="livesum")
CALLBACK_ERRORS = _counter(
    "callback_errors", "Errors of listeners, followers and after-commit actions, which stopped no other one", ("owner",)
)
DELIVERIES = _counter("deliveries", "Events handed to those who follow their streams here")
SOCKETS = _gauge("sockets", "WebSockets that are connected", multiprocess_mode="livesum")
SOCKETS_ENDED = _counter("sockets_ended", "WebSockets that the server ended, by close code", ("code",))
STREAMS_FOLLOWED = _gauge("streams_followed", "Streams that somebody follows here", multiprocess_mode="livesum")
POOL_CONNECTIONS = _gauge(
    "pool_connections", "Connections to the database", ("pool", "state"), multiprocess_mode="livesum"
)
POOL_TIMEOUTS = _counter(
    "pool_timeouts", "Requests refused because all connections of the process were in use", ("pool",)
)
BUS_CONNECTED = _gauge("bus_connected", "Whether this process hears the others", multiprocess_mode="livemin")
BUS_LAG = _gauge("bus_lag_seconds", "How long the last news took through the bus and back", multiprocess_mode="livemax")
SUBSCRIBER_EVENTS = _counter(
    "subscriber_events", "Events of the log, by subscriber and by what became of them", ("subscriber", "outcome")
)
SUBSCRIBER_LAG_SECONDS = _gauge(
    "subscriber_lag_seconds",
    "Age of the newest event of the last batch when it was handled",
    ("subscriber",),
    multiprocess_mode="livemax",
)
SUBSCRIBER_LAG_EVENTS = _gauge(
    "subscriber_lag_events",
    "Events behind the heads of their streams, as of the last pass",
    ("subscriber",),
    multiprocess_mode="livemax",
)
LOOP_LAG = _gauge("loop_lag_seconds", "How late the event loop came at the last look", multiprocess_mode="livemax")
EVENTS_PRUNED = _counter("events_pruned", "Events forgotten because they were older than the log is kept")
RETENTION_LAST = _gauge(
    "retention_last_run_timestamp_seconds", "When old events were last looked for", multiprocess_mode="max"
)


class Measures:
    """What is not counted as it happens but looked at, before a scrape and every few seconds."""

    def __init__(self) -> None:
        self._measures: list[Callable[[], None]] = []

    def add(self, measure: Callable[[], None]) -> None:
        """`measure` sets gauges. It must not wait, and may be called at any time from now on."""
        self._measures.append(measure)

    def take(self) -> None:
        for measure in self._measures:
            measure()


def render(shared: Path | None) -> bytes:
    """All metrics as Prometheus reads them: of this process, or of all that keep theirs in the folder `shared`.

    Memory, time and open files are told of a lone process: of several they would be those of whichever answers.
    """
    together = CollectorRegistry()
    if shared is None:
        together.register(REGISTRY)
        ProcessCollector(registry=together)
    else:
        _forget_the_dead(shared)
        MultiProcessCollector(together, path=str(shared))  # type: ignore[no-untyped-call]
    return generate_latest(together)


def _forget_the_dead(shared: Path) -> None:
    """What a process that has ended counted stays; what it was at the moment does not."""
    for pid in {path.stem.rpartition("_")[2] for path in shared.glob("gauge_live*.db")}:
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            with suppress(FileNotFoundError):
                mark_process_dead(int(pid), str(shared))  # type: ignore[no-untyped-call]
