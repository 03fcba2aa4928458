from app.modules.chats_module.dependencies.access import ChatChanger, ChatId, ChatMembership, read_chat_id
from app.modules.chats_module.dependencies.services import DeletionsDep, PartsDep

__all__ = ["ChatChanger", "ChatId", "ChatMembership", "DeletionsDep", "PartsDep", "read_chat_id"]
