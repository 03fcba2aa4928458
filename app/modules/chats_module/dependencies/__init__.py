from app.modules.chats_module.dependencies.access import ChatAdmin, ChatId, ChatMembership, read_chat_id
from app.modules.chats_module.dependencies.services import ContentsDep, DeletionsDep

__all__ = ["ChatAdmin", "ChatId", "ChatMembership", "ContentsDep", "DeletionsDep", "read_chat_id"]
