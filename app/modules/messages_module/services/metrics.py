"""Metrics of sends."""

from app.utils.metrics import counter, gauge, histogram

_SENDS = counter("sends", "requested sends: `written`, `replayed` (already stored), `refused`, `failed`", ("outcome",))
SENDS_WRITTEN = _SENDS.labels("written")
SENDS_REPLAYED = _SENDS.labels("replayed")
SENDS_REFUSED = _SENDS.labels("refused")
SENDS_FAILED = _SENDS.labels("failed")
SEND_BATCH = histogram(
    "send_batch_size",
    "histogram of the number of sends per transaction: near 1 when idle, up to 100 under load",
    buckets=(1, 2, 5, 10, 20, 50, 100),
)
SENDS_WAITING = gauge(
    "sends_waiting",
    "sends that wait in the queue; above 20,000 in a process further sends are refused with 503",
    multiprocess_mode="livesum",
)
_DELEGATED = counter(
    "sends_delegated",
    "sends that another process of this machine was asked to write: `answered`, or `taken_back` because it ended or "
    "failed",
    ("outcome",),
)
SENDS_ANSWERED = _DELEGATED.labels("answered")
SENDS_TAKEN_BACK = _DELEGATED.labels("taken_back")
SEND_PEERS = gauge(
    "send_peers", "other processes of this machine that sends can be delegated to", multiprocess_mode="livemin"
)
