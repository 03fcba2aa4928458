from app.modules.chats_module.dependencies.access import ChatChanger, ChatId, ChatMembership, may
from app.modules.chats_module.dependencies.services import DeletionsDep, MemberViewsDep, PartsDep

__all__ = [
    "ChatChanger",
    "ChatId",
    "ChatMembership",
    "DeletionsDep",
    "MemberViewsDep",
    "PartsDep",
    "may",
]
