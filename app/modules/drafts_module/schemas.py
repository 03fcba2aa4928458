from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.modules.base_module.schemas import BodyInt, RequestModel, ResponseModel
from app.modules.messages_module.schemas.message import ReplacedText
from app.utils.event_texts import EventText

_EXAMPLE: dict[str, Any] = {"text": "Привет, я хотел", "reply_to_seq": None}


class DraftUpdate(RequestModel):
    """The whole draft. An empty text deletes it."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    text: ReplacedText
    reply_to_seq: Annotated[BodyInt | None, Field(description="the message that the draft replies to")] = None


class DraftRead(ResponseModel):
    """The caller's draft in a chat. Without one the text is empty and `updated_at` is null."""

    model_config = ConfigDict(json_schema_extra={"example": {**_EXAMPLE, "updated_at": "2026-01-01T12:00:00Z"}})

    text: str
    reply_to_seq: int | None
    updated_at: datetime | None


class DraftChanged(ResponseModel):
    """The account's draft in a chat was saved or deleted, on any of its devices. Clients read it again."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"chat_id": "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91", "updated_at": "2026-01-01T12:00:00Z"}
        }
    )

    chat_id: UUID
    updated_at: datetime


EVENTS: dict[str, type[ResponseModel]] = {"draft.changed": DraftChanged}

EVENT_TEXTS = (
    EventText(
        "draft.changed",
        "account",
        "`chat_id`, `updated_at`: the draft was saved or deleted; the text is only in `GET /chats/{chat_id}/draft`",
        "`chat_id`, `updated_at`: черновик сохранён или удалён; текст отдаёт только `GET /chats/{chat_id}/draft`",
    ),
)
