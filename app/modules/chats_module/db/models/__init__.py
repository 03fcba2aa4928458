from app.modules.chats_module.db.models.chat import Chat
from app.modules.chats_module.db.models.member import AccountChat, ChatMember

__all__ = ["AccountChat", "Chat", "ChatMember"]
