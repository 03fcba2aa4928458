"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

CHANGE_PINS = RateLimit(
    "change_pins",
    "300/10 minutes",
    "account",
    "messages pinned and unpinned, per account",
    "закреплений и откреплений сообщений на аккаунт",
)
