"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

SECURITY_MAILS = RateLimit(
    "security_mails",
    "20/day",
    "account",
    "mails about changes of an account's security, per account; changes beyond that are made without a mail",
    "писем об изменениях защиты на аккаунт; изменения сверх этого числа проходят без письма",
)
