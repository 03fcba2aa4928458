from app.modules.messages_module.schemas.message import (
    Emoji,
    HistoryPage,
    MessageCreate,
    MessageRead,
    MessageUpdate,
    ReactionRead,
)

__all__ = ["Emoji", "HistoryPage", "MessageCreate", "MessageRead", "MessageUpdate", "ReactionRead"]
