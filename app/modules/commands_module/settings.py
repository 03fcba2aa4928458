"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

SET_COMMANDS = RateLimit(
    "set_commands",
    "60/10 minutes",
    "account",
    "lists of commands stored, per account",
    "сохранений списка команд на аккаунт",
)
LIST_COMMANDS = RateLimit(
    "list_commands",
    "300/minute",
    "account",
    "lists of the commands of a chat read, per account",
    "чтений списка команд чата на аккаунт",
)
