"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

HELLO = RateLimit(
    "hello", "600/minute", "account", "WebSocket connections opened, per account", "подключений WebSocket на аккаунт"
)
HELLO_ADDRESS = RateLimit(
    "hello_address",
    "6000/minute",
    "IP address",
    "WebSocket handshakes, per IP address",
    "рукопожатий WebSocket с одного IP-адреса",
)
