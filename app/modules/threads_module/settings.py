"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

CHANGE_THREADS = RateLimit(
    "change_threads",
    "1200/10 minutes",
    "account",
    "threads read, followed and unfollowed, per account",
    "отметок о прочтении веток, подписок на них и отписок на аккаунт",
)
LIST_THREADS = RateLimit(
    "list_threads",
    "600/minute",
    "account",
    "lists of followed threads read, per account",
    "чтений списка своих веток на аккаунт",
)
