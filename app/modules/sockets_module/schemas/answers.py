"""Models of the frames that the server sends. Hot paths write the JSON directly; these models document it."""

from datetime import datetime
from typing import Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.dependencies.scopes import scoped
from app.modules.base_module.schemas import ResponseModel
from app.modules.sockets_module.schemas.frames import RequestId
from app.services.problem import Problem

Data = TypeVar("Data", bound=BaseModel)

_CHAT = "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91"
_BORIS = "b6a1c1d7-52f0-4d0a-9b0e-2f8d3c5b7a91"


class HelloAnswer(ResponseModel):
    """The data of the reply to hello. `heartbeat_s` is the interval of the server's pings in seconds.

    `without_cursor` lists the streams for which hello had no cursor, each with the sequence number after which it
    starts on this socket. It is empty if hello had no cursor for the account's stream. Read a listed chat that the
    client does not know: `GET /chats/{chat_id}`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "connection_id": "5e7ad0d5-6e5c-4ee4-9d4a-1fc6f6cf5e60",
                "account_id": "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11",
                "heartbeat_s": 20,
                "without_cursor": {_CHAT: 340},
            }
        }
    )

    connection_id: UUID
    account_id: UUID
    heartbeat_s: int
    without_cursor: dict[UUID, int]


class Nothing(ResponseModel):
    """A reply without data."""

    model_config = ConfigDict(json_schema_extra={"example": {}})


class OkReply(ResponseModel, Generic[Data]):
    """A request was carried out."""

    reply_to: RequestId
    status: Literal["ok"]
    data: Data


class HelloReply(OkReply[HelloAnswer]):
    """The socket is open. The events after the cursors follow, and then live events."""


class EmptyReply(OkReply[Nothing]):
    """The request was executed. The reply has no data."""


class ErrorReply(ResponseModel):
    """A request was refused. `reply_to` is null if the frame had no id."""

    reply_to: RequestId | None
    status: Literal["error"]
    error: Problem


class Gap(ResponseModel):
    """The stream cannot be resumed from the cursor. Read the state again; live events continue after `last_seq`."""

    model_config = ConfigDict(json_schema_extra={"example": {"stream_id": _CHAT, "first_seq": 1, "last_seq": 340}})

    stream_id: UUID
    first_seq: int = Field(description="sequence number of the oldest stored event")
    last_seq: int = Field(description="sequence number of the newest event; the next event on this socket follows it")


class GapFrame(ResponseModel):
    """A stream that cannot be resumed from the client's cursor. Other streams are not affected."""

    gap: Gap


@scoped("profile:read")
class PresenceSignal(ResponseModel):
    """An account came online or went offline."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "kind": "presence",
                "account_id": _BORIS,
                "online": True,
                "last_seen_at": "2026-01-01T12:00:00Z",
            }
        }
    )

    kind: Literal["presence"]
    account_id: UUID
    online: bool
    last_seen_at: datetime
