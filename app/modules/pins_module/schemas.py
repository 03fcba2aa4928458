from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field, create_model

from app.modules.base_module.schemas import Page, ResponseModel
from app.modules.messages_module.schemas.models import message_models
from app.utils.event_texts import EventText
from app.utils.module import Modules

_EXAMPLE: dict[str, Any] = {
    "chat_id": "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91",
    "seq": 1,
    "actor_id": "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11",
}


class MessagePinned(ResponseModel):
    """A message was pinned."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    chat_id: UUID
    seq: int = Field(description="sequence number of the message")
    actor_id: UUID


class MessageUnpinned(ResponseModel):
    """A message is no longer pinned."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    chat_id: UUID
    seq: int = Field(description="sequence number of the message")
    actor_id: UUID | None = Field(description="null if the message was deleted")


EVENTS: dict[str, type[ResponseModel]] = {"message.pinned": MessagePinned, "message.unpinned": MessageUnpinned}

EVENT_TEXTS = (
    EventText(
        "message.pinned",
        "chat",
        "`chat_id`, `seq` of the message, `actor_id`",
        "`chat_id`, `seq` сообщения, `actor_id`",
    ),
    EventText(
        "message.unpinned",
        "chat",
        "the same; `actor_id` is null if the message was deleted",
        "то же; `actor_id` — null, если сообщение удалено",
    ),
)


@cache
def make_pins(modules: Modules) -> type[ResponseModel]:
    """Returns the list of pins of one application, whose modules contribute fields to messages."""
    message: Any = message_models(modules).read
    pin = create_model(
        "PinRead",
        __base__=ResponseModel,
        __doc__="A pinned message, with the account that pinned it.",
        message=(message, ...),
        pinned_by=(UUID, ...),
        pinned_at=(datetime, ...),
    )
    return create_model(
        "PinsRead",
        __base__=Page[pin],
        __doc__="Pinned messages of a chat, the one pinned last first.",
    )
