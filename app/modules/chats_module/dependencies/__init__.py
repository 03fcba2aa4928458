from app.modules.chats_module.dependencies.access import ChatAdmin, ChatId, ChatMembership, read_chat_id
from app.modules.chats_module.dependencies.services import DeletionsDep, PartsDep

__all__ = ["ChatAdmin", "ChatId", "ChatMembership", "DeletionsDep", "PartsDep", "read_chat_id"]
