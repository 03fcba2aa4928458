from app.modules.chats_module.schemas.chat import ChatCreate, ChatRead, ChatType, ChatUpdate, chat_models
from app.modules.chats_module.schemas.events import EVENT_TEXTS, EVENTS
from app.modules.chats_module.schemas.member import (
    MemberRead,
    MembersAdd,
    MemberUpdate,
    ReadPosition,
    ReadUpdate,
    Role,
)

__all__ = [
    "EVENTS",
    "EVENT_TEXTS",
    "ChatCreate",
    "ChatRead",
    "ChatType",
    "ChatUpdate",
    "MemberRead",
    "MemberUpdate",
    "MembersAdd",
    "ReadPosition",
    "ReadUpdate",
    "Role",
    "chat_models",
]
