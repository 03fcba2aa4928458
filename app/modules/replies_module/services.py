"""The field `reply_to` of messages. It is read from the answered message each time, so no other row has its text."""

from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.modules.base_module.schemas import ResponseModel
from app.modules.messages_module.extension import MessageView

MAX_SNIPPET = 120

_EXAMPLE: dict[str, Any] = {
    "seq": 1,
    "sender_id": "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11",
    "snippet": "Привет! 👋",
    "is_deleted": False,
}


class ReplyTo(ResponseModel):
    """The message that a reply answers, as it is now."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    seq: int
    sender_id: UUID
    snippet: str = Field(
        description="the beginning of its text; empty if it is deleted, has no text or contains a spoiler",
        max_length=MAX_SNIPPET,
    )
    is_deleted: bool


# A message without a reply costs one comparison. Without their ranges, spoilers would be readable.
_SQL = rf"""
CASE WHEN m.reply_to_seq IS NOT NULL THEN (
    SELECT json_build_object('seq', answered.seq, 'sender_id', answered.sender_id,
                             'snippet', CASE
                                 WHEN (answered.parts -> 'entities')::jsonb @> '[{{"type": "spoiler"}}]' THEN ''
                                 ELSE left(ltrim(answered.text, E' \t\r\n'), {MAX_SNIPPET}) END,
                             'is_deleted', answered.deleted_at IS NOT NULL)
    FROM message answered WHERE answered.chat_id = m.chat_id AND answered.seq = m.reply_to_seq
) END
"""  # noqa: S608 - constants only

REPLY_TO = MessageView("reply_to", ReplyTo | None, sql=_SQL)
