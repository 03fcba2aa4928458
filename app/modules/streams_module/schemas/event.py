from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from app.modules.base_module.schemas import ResponseModel
from app.utils.event_texts import EventText


class EventRead(ResponseModel):
    """An event of a stream. It is the same for every reader, unless an API key may not see it: `event.hidden`."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "stream_id": "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91",
                "seq": 3,
                "kind": "chat.updated",
                "data": {
                    "chat_id": "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91",
                    "title": "Книжный клуб",
                    "actor_id": "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11",
                },
                "at": "2026-01-01T12:00:00Z",
            }
        }
    )

    stream_id: UUID
    seq: int = Field(description="sequence number in the stream: 1, 2, 3, ... in commit order, without gaps")
    kind: str = Field(examples=["message.created"])
    data: dict[str, Any]
    at: datetime


class EventPage(ResponseModel):
    """Events after a cursor. `last_seq` is the sequence number of the newest event at that moment.

    Of large events there are fewer than `limit`.
    """

    items: list[EventRead]
    last_seq: int = Field(examples=[3])


class EventHidden(ResponseModel):
    """Comes in place of an event that the reader's API key may not see. It is not stored."""


EVENTS: dict[str, type[ResponseModel]] = {"event.hidden": EventHidden}

EVENT_TEXTS = (
    EventText(
        "event.hidden",
        "account",
        "none; an API key gets it in place of an event that it may not see ([keys.md](keys.md#scopes))",
        "нет; ключ API получает его вместо события, которое ему не видно ([keys.ru.md](keys.ru.md#области-действия))",
    ),
)
