"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

CREATE_WEBHOOK = RateLimit(
    "create_webhook",
    "60/hour",
    "account",
    "webhooks created, per account",
    "созданных вебхуков на аккаунт",
)
CHANGE_WEBHOOK = RateLimit(
    "change_webhook",
    "60/minute",
    "account",
    "changes of webhooks, their secrets and cursors, per account",
    "изменений вебхуков, их секретов и курсоров на аккаунт",
)
TEST_WEBHOOK = RateLimit(
    "test_webhook",
    "10/minute",
    "account",
    "test events posted to webhooks, per account",
    "пробных событий, отправленных вебхукам, на аккаунт",
)
