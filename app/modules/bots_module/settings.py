"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

CREATE_BOT = RateLimit(
    "create_bot",
    "60/hour",
    "account",
    "bots created, per account",
    "созданных ботов на аккаунт",
)
