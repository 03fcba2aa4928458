"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

CHANGE_NOTIFICATIONS = RateLimit(
    "change_notifications",
    "60/10 minutes",
    "account",
    "changes of the settings of notifications, per account",
    "изменений настроек уведомлений на аккаунт",
)
