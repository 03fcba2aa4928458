"""Metrics of mail."""

from app.utils.metrics import counter

MAILS = counter(
    "mails",
    "attempts to send a mail: `sent`, `deferred` (to be retried), `refused` for good by the mail server, `off` without "
    "MAIL_URL",
    ("template", "outcome"),
)
