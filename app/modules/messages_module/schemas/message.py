from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path
from pydantic import AfterValidator, ConfigDict, Field

from app.modules.base_module.schemas import NOT_BLANK, UNCHANGED, BodyInt, RequestModel, ResponseModel
from app.utils.emoji import canonical_emoji
from app.utils.texts import has_escape, is_seen, overrides_direction

MAX_TEXT = 4000
_MAX_SENT = 10 * MAX_TEXT
"""Maximum length including surrounding white space. The event must fit into a WebSocket frame: many clients refuse
frames over 1 MiB, and would reconnect forever."""
_MAX_EMOJI = 32


def _text_check(*, may_be_empty: bool = False) -> Callable[[str], str]:
    """Returns a validator of texts. A text is stored as it was sent and counted without surrounding white space.

    It is a single function, because a send calls no other validator.
    """

    def check(value: str) -> str:
        if not 1 <= len(value.strip()) <= MAX_TEXT:
            if may_be_empty and not value.strip():
                return ""
            raise ValueError(f"1 to {MAX_TEXT} characters, not counting white space around them")
        if len(value) > _MAX_SENT:
            raise ValueError(f"at most {_MAX_SENT} characters with the white space around them")
        if not is_seen(value):
            raise ValueError("must have at least one visible character")
        if value.isprintable():
            return value
        if has_escape(value):
            raise ValueError("escape sequences are not allowed")
        if overrides_direction(value):
            raise ValueError("characters that override the text direction are not allowed")
        return value

    return check


Text = Annotated[
    str, Field(examples=["Привет! 👋"], json_schema_extra={"pattern": NOT_BLANK}), AfterValidator(_text_check())
]
ReplacedText = Annotated[str, Field(examples=["Привет! 👋"]), AfterValidator(_text_check(may_be_empty=True))]
"""A text that may be empty, because another field may replace it."""
Emoji = Annotated[
    str,
    Path(
        min_length=1,
        max_length=_MAX_EMOJI,
        description="one emoji, with or without variation selectors",
        examples=["👍"],
        # No pattern: JavaScript cannot compile it without the flag `u`, which client generators omit.
        json_schema_extra={"format": "emoji"},
    ),
    AfterValidator(canonical_emoji),
]


MESSAGE_EXAMPLE: dict[str, Any] = {
    "id": "9a1f5f0e-7b7e-4c39-a3b3-6b1f3f0d2a55",
    "chat_id": "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91",
    "seq": 1,
    "client_msg_id": "3c9f4f0e-0b7e-4c39-a3b3-6b1f3f0d2a55",
    "sender_id": "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11",
    "type": "text",
    "text": "Привет! 👋",
    "reply_to_seq": None,
    "created_at": "2026-01-01T12:00:00Z",
    "edited_at": None,
    "deleted_at": None,
    "reactions": [],
}


class MessageCreate(RequestModel):
    """A message to send. With a `client_msg_id` it can be sent again and is stored once."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "client_msg_id": "3c9f4f0e-0b7e-4c39-a3b3-6b1f3f0d2a55",
                "text": "Привет! 👋",
                "reply_to_seq": None,
            }
        }
    )

    client_msg_id: UUID | None = None
    text: Text
    reply_to_seq: BodyInt | None = None


class MessageUpdate(RequestModel):
    """The new text of a message."""

    model_config = ConfigDict(json_schema_extra={"example": {"text": "Привет, Анна! 👋"}})

    text: Text


class PartialMessageUpdate(RequestModel):
    """Fields of a message to change. Missing fields stay unchanged."""

    model_config = ConfigDict(json_schema_extra={"example": {"text": "Привет, Анна! 👋"}})

    # Not `Text | None`: null is refused.
    text: Text = UNCHANGED


class ReactionCount(ResponseModel):
    """The number of accounts that gave this emoji."""

    emoji: str = Field(examples=["👍"])
    count: int = Field(examples=[2])


class ReactionRead(ReactionCount):
    """The number of accounts that gave this emoji, and whether the caller is one of them."""

    mine: bool


class MessageBase(ResponseModel):
    """A message. A deleted one keeps its number; its text is empty."""

    model_config = ConfigDict(json_schema_extra={"example": MESSAGE_EXAMPLE})

    id: UUID
    chat_id: UUID
    seq: int = Field(description="sequence number in the chat: 1, 2, 3, ... without gaps or repeats")
    client_msg_id: UUID | None
    sender_id: UUID
    type: Literal["text"]
    text: str
    reply_to_seq: int | None
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None


class MessageRead(MessageBase):
    """A message as the caller sees it. A deleted message keeps its sequence number and has an empty text."""

    reactions: list[ReactionRead]


class HistoryPage(ResponseModel):
    """A part of a chat's history, in ascending order. Of large messages there are fewer than `limit`."""

    items: list[MessageRead]
    has_before: bool
    has_after: bool
