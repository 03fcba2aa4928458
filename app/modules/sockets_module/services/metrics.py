"""Metrics of sockets."""

from app.utils.metrics import counter, gauge

SOCKETS = gauge("sockets", "open WebSocket connections", multiprocess_mode="livesum")
SOCKETS_ENDED = counter(
    "sockets_ended",
    "WebSocket connections closed by the server, by close code: 1013 the client reads too slowly, 4401 the "
    "session has ended, 4400 bad frame",
    ("code",),
)
