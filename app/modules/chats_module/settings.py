"""It imports settings only: the first process reads this file before the framework is loaded."""

from app.settings.limits_settings import RateLimit

CREATE_CHAT = RateLimit(
    "create_chat", "300/10 minutes", "account", "chats created per account", "созданных чатов на аккаунт"
)
ADD_MEMBERS = RateLimit(
    "add_members",
    "300/10 minutes",
    "account",
    "calls that add members to chats, per account",
    "вызовов, добавляющих участников в чаты, на аккаунт",
)
ADD_PEOPLE = RateLimit(
    "add_people",
    "3000/hour",
    "account",
    "members added to groups and channels, per account",
    "участников, добавленных в группы и каналы, на аккаунт",
)
