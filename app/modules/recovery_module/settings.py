"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

VERIFY_EMAIL = RateLimit(
    "verify_email",
    "10/hour",
    "account",
    "mails that confirm an address, per account",
    "писем для подтверждения адреса на аккаунт",
)
FORGOT_PASSWORD = RateLimit(
    "forgot_password",
    "20/hour",
    "IP address",
    "requests for a new password, per IP address",
    "запросов нового пароля с одного IP-адреса",
)
FOLLOW_LINK = RateLimit(
    "follow_link",
    "60/10 minutes",
    "IP address",
    "links of mails that are followed, per IP address",
    "переходов по ссылкам из писем с одного IP-адреса",
)
