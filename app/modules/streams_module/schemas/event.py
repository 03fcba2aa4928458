from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from app.modules.base_module.schemas import ResponseModel


class EventRead(ResponseModel):
    """One entry of a log: the same for everyone who may read it."""

    stream_id: UUID
    seq: int = Field(description="1, 2, 3, ... in its stream, in commit order, with no hole")
    kind: str = Field(examples=["message.created"])
    data: dict[str, Any]
    at: datetime


class EventPage(ResponseModel):
    """Events after a number. `last_seq` is the head of the stream at that moment."""

    items: list[EventRead]
    last_seq: int
