"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

LIST_MENTIONS = RateLimit(
    "list_mentions",
    "600/minute",
    "account",
    "lists of mentions read, per account",
    "чтений списка упоминаний на аккаунт",
)
