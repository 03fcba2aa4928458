from app.modules.chats_module.dependencies.access import ChatAdmin, ChatId, ChatMembership
from app.modules.chats_module.dependencies.services import ContentsDep, DeletionsDep

__all__ = ["ChatAdmin", "ChatId", "ChatMembership", "ContentsDep", "DeletionsDep"]
