"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

SIGN_UP = RateLimit(
    "sign_up",
    "600/hour",
    "IP address",
    "new accounts, per IP address; written as 10/minute or 300/10 minutes",
    "новых аккаунтов с одного IP-адреса; записывается как 10/minute или 300/10 minutes",
)
SIGN_IN = RateLimit(
    "sign_in",
    "10/10 minutes",
    "account",
    "wrong passwords in a row, per account; after that one attempt per period, which doubles up to a day. Known "
    "devices, known networks and password changes are counted separately",
    "неверных паролей подряд на аккаунт; затем одна попытка за период, который удваивается до суток. Знакомые "
    "устройства, знакомые сети и смена пароля считаются отдельно",
)
SIGN_IN_ADDRESS = RateLimit(
    "sign_in_address", "600/10 minutes", "IP address", "sign-ins, per IP address", "входов с одного IP-адреса"
)
REFRESH = RateLimit(
    "refresh", "600/minute", "IP address", "token refreshes, per IP address", "обновлений токена с одного IP-адреса"
)
REFRESH_SESSION = RateLimit(
    "refresh_session", "60/minute", "session", "token refreshes, per session", "обновлений токена на сессию"
)
SEARCH = RateLimit(
    "search", "120/minute", "account", "searches for people, per account", "поисковых запросов по людям на аккаунт"
)
RATES = (SIGN_UP, SIGN_IN, SIGN_IN_ADDRESS, REFRESH, REFRESH_SESSION, SEARCH)
