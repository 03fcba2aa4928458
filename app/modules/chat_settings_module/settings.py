"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

CHANGE_CHAT_SETTINGS = RateLimit(
    "change_chat_settings",
    "300/10 minutes",
    "account",
    "changes of one's own settings of chats, per account",
    "изменений своих настроек чатов на аккаунт",
)
