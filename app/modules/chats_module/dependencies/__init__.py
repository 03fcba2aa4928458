from app.modules.chats_module.dependencies.access import ChatChanger, ChatMembership
from app.modules.chats_module.dependencies.services import DeletionsDep, MemberViewsDep, PartsDep
from app.modules.chats_module.extension import ChatId

__all__ = [
    "ChatChanger",
    "ChatId",
    "ChatMembership",
    "DeletionsDep",
    "MemberViewsDep",
    "PartsDep",
]
