from app.modules.messages_module.schemas.events import EVENTS
from app.modules.messages_module.schemas.message import (
    Emoji,
    HistoryPage,
    MessageCreate,
    MessageRead,
    MessageUpdate,
    ReactionRead,
)

__all__ = ["EVENTS", "Emoji", "HistoryPage", "MessageCreate", "MessageRead", "MessageUpdate", "ReactionRead"]
