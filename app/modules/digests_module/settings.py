"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

# Providers of mailboxes unsubscribe for all of their users from a few addresses.
UNSUBSCRIBE = RateLimit(
    "unsubscribe",
    "600/10 minutes",
    "IP address",
    "unsubscriptions from digest mails, per IP address",
    "отписок от писем о непрочитанном с одного IP-адреса",
)
