from app.modules.chats_module.db.models.chat import Chat
from app.modules.chats_module.db.models.member import AccountChat, ChatMember, FormerMember

__all__ = ["AccountChat", "Chat", "ChatMember", "FormerMember"]
