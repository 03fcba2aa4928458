"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

SAVE_DRAFT = RateLimit(
    "save_draft",
    "1200/10 minutes",
    "account",
    "drafts saved and deleted, per account",
    "сохранений и удалений черновиков на аккаунт",
)
