from app.modules.chats_module.dependencies.access import ChatChanger, ChatId, ChatMembership, may, read_chat_id
from app.modules.chats_module.dependencies.services import DeletionsDep, PartsDep

__all__ = ["ChatChanger", "ChatId", "ChatMembership", "DeletionsDep", "PartsDep", "may", "read_chat_id"]
