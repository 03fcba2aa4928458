from app.modules.chats_module.schemas.chat import ChatCreate, ChatRead, ChatType, ChatUpdate, chat_models
from app.modules.chats_module.schemas.events import EVENTS
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
