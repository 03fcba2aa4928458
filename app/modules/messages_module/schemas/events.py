"""Payloads of message events. They are the same for every viewer, so reactions have no `mine`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.modules.base_module.schemas import ResponseModel
from app.modules.messages_module.schemas.message import MESSAGE_EXAMPLE, MessageBase, ReactionCount
from app.utils.event_texts import EventText


def _example(**changes: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"example": MESSAGE_EXAMPLE | changes})


class MessagePayload(MessageBase):
    """A message was created. The text is that of the newest edit, and empty if the message was deleted."""

    reactions: list[ReactionCount]


class MessageEditedPayload(MessagePayload):
    """A message was edited. The new text also replaces the old one in the earlier events."""

    model_config = _example(text="Привет, Анна! 👋", edited_at="2026-01-01T12:01:00Z")

    edited_at: datetime


class MessageDeletedPayload(MessagePayload):
    """A message was deleted. Its text is also removed from its earlier events."""

    model_config = _example(text="", deleted_at="2026-01-01T12:02:00Z")

    deleted_at: datetime


class ReactionPayload(ResponseModel):
    """A reaction was added or removed."""

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
    seq: int = Field(description="sequence number of the message")
    emoji: str
    account_id: UUID
    count: int = Field(description="number of accounts that have given this emoji")


EVENTS: dict[str, type[ResponseModel]] = {
    "reaction.added": ReactionPayload,
    "reaction.removed": ReactionPayload,
}

EVENT_TEXTS = (
    EventText(
        "message.created",
        "chat",
        "the message as in REST answers, with reactions without `mine`",
        "сообщение, как в ответах REST, но реакции без `mine`",
    ),
    EventText(
        "message.edited",
        "chat",
        "the same, with the new text; the old text is removed from the earlier events",
        "то же, с новым текстом; из прежних событий старый текст удаляется",
    ),
    EventText(
        "message.updated",
        "chat",
        "the same, after the server changed a field added by a module; this is not an edit: `edited_at` stays "
        "unchanged",
        "то же, после того как сам сервер изменил поле, добавленное модулем; это не правка: `edited_at` не меняется",
    ),
    EventText(
        "message.deleted",
        "chat",
        "the same, without text and reactions; the text is removed from the earlier events",
        "то же, без текста и реакций; из прежних событий текст удаляется",
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
