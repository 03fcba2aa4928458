"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

CHANGE_HOOKS = RateLimit(
    "change_incoming_webhooks",
    "120/10 minutes",
    "account",
    "incoming webhooks created, renamed and deleted, per account",
    "созданий, переименований и удалений входящих вебхуков на аккаунт",
)
POST_BY_HOOK = RateLimit(
    "post_by_incoming_webhook",
    "120/minute",
    "incoming webhook",
    "messages posted, per incoming webhook",
    "сообщений через один входящий вебхук",
)
POST_BY_HOOKS_OF_CHAT = RateLimit(
    "post_by_incoming_webhooks_of_chat",
    "600/minute",
    "chat",
    "messages posted by all incoming webhooks, per chat",
    "сообщений через все входящие вебхуки на чат",
)
