"""Metrics of streams, their readers and subscribers."""

from app.utils.metrics import counter, gauge

DELIVERIES = counter("deliveries", "events delivered to sockets and waiting readers")
STREAMS_FOLLOWED = gauge(
    "streams_followed",
    "streams with at least one live reader; the sweep checks the head of each every 1.5 s",
    multiprocess_mode="livesum",
)
_READS = counter(
    "reads",
    "pages of messages, events and searches by the server that gave them (`replica`, `primary`); counted only with "
    "PG_REPLICA_ADDRESSES",
    ("target",),
)
READS_FROM_REPLICA = _READS.labels("replica")
READS_FROM_PRIMARY = _READS.labels("primary")
REPLICA_FALLBACKS = counter(
    "replica_fallbacks",
    "pages that the primary gave because each replica was `down` or `behind` what the reader may have seen, or the "
    "last one tried `failed`",
    ("reason",),
)
SUBSCRIBER_EVENTS = counter(
    "subscriber_events",
    "events that subscribers have `handled`, and attempts that have `failed`",
    ("subscriber", "outcome"),
)
SUBSCRIBER_LAG_SECONDS = gauge(
    "subscriber_lag_seconds",
    "age of the oldest event that the subscriber has not handled yet, as of the latest pass over all streams; events "
    "of kinds that it does not handle count for up to 30 s",
    ("subscriber",),
    multiprocess_mode="livemax",
)
SUBSCRIBER_LAG_EVENTS = gauge(
    "subscriber_lag_events",
    "events that the subscriber has not handled yet, as of the latest pass over all streams",
    ("subscriber",),
    multiprocess_mode="livemax",
)
SUBSCRIBER_SET_ASIDE = gauge(
    "subscriber_events_set_aside",
    "events that the subscriber could not handle and that wait for `manage.py subscribers retry`",
    ("subscriber",),
    multiprocess_mode="livemax",
)
EVENTS_PRUNED = counter("events_pruned", "events deleted because they were older than `STREAM_RETENTION_DAYS`")
RETENTION_LAST = gauge(
    "retention_last_run_timestamp_seconds",
    "time of the latest deletion of old events; one of the processes runs it every hour",
    multiprocess_mode="max",
)
