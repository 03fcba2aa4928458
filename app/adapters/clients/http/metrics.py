"""Metrics of outgoing requests."""

from app.utils.metrics import counter, histogram

REQUESTS = counter(
    "egress_requests",
    "outgoing HTTP requests by what they are for: `ok` (any status), `refused` (an address that is not public), "
    "`unreachable`, `timeout`, `redirects` (too many), `too_large`, `bad_response`, `invalid_url`, `failed` (cancelled "
    "or a bug)",
    ("purpose", "outcome"),
)
SECONDS = histogram(
    "egress_seconds",
    "histogram of the time of outgoing HTTP requests, with their redirects",
    ("purpose",),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
