"""Metrics of webhooks."""

from app.utils.metrics import counter, gauge

DELIVERIES = counter(
    "webhook_deliveries",
    "events posted to webhooks by outcome: `ok`, `failed` (another status than 2xx), `gone` (410), `events_deleted` "
    "(retention was faster), or the error of the request as in `messenger_egress_requests_total`",
    ("outcome",),
)
LAG_SECONDS = gauge(
    "webhook_lag_seconds",
    "age of the oldest event that an active webhook has not accepted after at least one attempt, as of a few seconds "
    "ago",
    multiprocess_mode="livemax",
)
