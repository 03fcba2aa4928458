"""Metrics of push notifications."""

from app.utils.metrics import counter

PUSHES = counter(
    "pushes",
    "requests to push services: `sent`, `deferred` (to be retried), `gone` (the device is unsubscribed), `refused` for "
    "good by the push service, `skipped` (not sent: read, muted or deleted meanwhile)",
    ("kind", "outcome"),
)
