"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

CHANGE_NOTIFICATIONS = RateLimit(
    "change_notifications",
    "60/10 minutes",
    "account",
    "changes of the language and time zone of mails, per account",
    "изменений языка и часового пояса писем на аккаунт",
)
