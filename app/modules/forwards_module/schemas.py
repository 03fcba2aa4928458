from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.modules.base_module.schemas import RequestModel, ResponseModel

_CHAT = "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91"
_EXAMPLE: dict[str, Any] = {"sender_name": "Анна", "sent_at": "2026-01-01T12:00:00Z"}


class ForwardedFrom(ResponseModel):
    """The author of a forwarded message, and when it was written. A forward of a forward keeps the first author."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    sender_name: str = Field(description="as it was when the message was forwarded; empty for an erased account")
    sent_at: datetime


class ForwardCreate(RequestModel):
    """Where a message is forwarded to. With a `client_msg_id` the call can be repeated and is executed once."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"to_chat_id": _CHAT, "client_msg_id": "a4c1b7de-2f39-4c58-9a0b-6e5d8f1c3b72"}}
    )

    to_chat_id: UUID
    client_msg_id: UUID | None = None


class OriginRead(ResponseModel):
    """The message that was forwarded first."""

    model_config = ConfigDict(json_schema_extra={"example": {"chat_id": _CHAT, "seq": 1}})

    chat_id: UUID
    seq: int
