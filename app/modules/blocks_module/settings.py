"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

BLOCK = RateLimit(
    "block",
    "600/hour",
    "account",
    "accounts blocked and unblocked, per account",
    "блокировок и разблокировок на аккаунт",
)
