from app.modules.chats_module.dependencies.access import ChatChanger, ChatMembership
from app.modules.chats_module.dependencies.services import DeletionsDep, MemberRulesDep, MemberViewsDep, PartsDep
from app.modules.chats_module.extension import ChatId

__all__ = [
    "ChatChanger",
    "ChatId",
    "ChatMembership",
    "DeletionsDep",
    "MemberRulesDep",
    "MemberViewsDep",
    "PartsDep",
]
