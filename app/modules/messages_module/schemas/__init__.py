from app.modules.messages_module.schemas.events import EVENT_TEXTS, EVENTS
from app.modules.messages_module.schemas.message import (
    Emoji,
    HistoryPage,
    MessageCreate,
    MessageRead,
    MessageUpdate,
    ReactionRead,
)

__all__ = [
    "EVENTS",
    "EVENT_TEXTS",
    "Emoji",
    "HistoryPage",
    "MessageCreate",
    "MessageRead",
    "MessageUpdate",
    "ReactionRead",
]
