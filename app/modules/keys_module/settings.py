"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

API_KEY = RateLimit(
    "api_key",
    "6000/minute",
    "API key",
    "calls per API key, including requests over its sockets",
    "вызовов на ключ API, включая запросы через его сокеты",
)
CREATE_KEY = RateLimit(
    "create_key",
    "60/hour",
    "account",
    "API keys created, per account",
    "созданных ключей API на аккаунт",
)
