"""What the events of messages hold: the same for every viewer, so nothing is `mine`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.modules.base_module.schemas import ResponseModel
from app.modules.messages_module.schemas.message import MESSAGE_EXAMPLE, MessageBase, ReactionCount
from app.utils.event_texts import EventText


def _example(**changes: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"example": MESSAGE_EXAMPLE | changes})


class MessageTold(MessageBase):
    """The message as it was then, but for its text: that of the newest edit, empty once the message is deleted."""

    reactions: list[ReactionCount]


class MessageEditedTold(MessageTold):
    """The message with its new text, which replaces the old one in the earlier events."""

    model_config = _example(text="Привет, Анна! 👋", edited_at="2026-01-01T12:01:00Z")

    edited_at: datetime


class MessageDeletedTold(MessageTold):
    """The message without its text, which is gone from its earlier events as well."""

    model_config = _example(text="", deleted_at="2026-01-01T12:02:00Z")

    deleted_at: datetime


class ReactionTold(ResponseModel):
    """Whose emoji it was, on which message, and how many have given it now."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "chat_id": "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91",
                "seq": 1,
                "emoji": "👍",
                "account_id": "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11",
                "count": 1,
            }
        }
    )

    chat_id: UUID
    seq: int = Field(description="the message's number")
    emoji: str
    account_id: UUID
    count: int = Field(description="how many have given this emoji now")


EVENTS: dict[str, type[ResponseModel]] = {
    "reaction.added": ReactionTold,
    "reaction.removed": ReactionTold,
}

EVENT_TEXTS = (
    EventText(
        "message.created",
        "chat",
        "the message as REST gives it, its reactions without `mine`",
        "сообщение, как его даёт REST, реакции без `mine`",
    ),
    EventText(
        "message.edited",
        "chat",
        "the same, with the new text; the old text goes from the earlier events too",
        "то же, с новым текстом; прежний текст исчезает и из прежних событий",
    ),
    EventText(
        "message.updated",
        "chat",
        "the same, after the server itself changed a field that a module adds; it is no edit: `edited_at` stays",
        "то же, после того как сам сервер изменил поле, добавленное модулем; это не правка: `edited_at` не меняется",
    ),
    EventText(
        "message.deleted",
        "chat",
        "the same, with no text and no reactions; the text goes from the earlier events too",
        "то же, без текста и реакций; текст исчезает и из прежних событий",
    ),
    EventText(
        "reaction.added",
        "chat",
        "`chat_id`, `seq` of the message, `emoji`, `account_id`, `count`",
        "`chat_id`, `seq` сообщения, `emoji`, `account_id`, `count`",
    ),
    EventText(
        "reaction.removed",
        "chat",
        "the same",
        "то же",
    ),
)
