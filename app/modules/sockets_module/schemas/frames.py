"""What a client sends. The AsyncAPI document is made from these same models."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt, StrictStr

from app.modules.base_module.schemas import BodyInt, RequestModel, ResponseModel
from app.modules.messages_module.schemas import MessageCreate
from app.resources.constants import MAX_BIGINT

RequestId = Annotated[StrictInt, Field(ge=-MAX_BIGINT, le=MAX_BIGINT)] | Annotated[StrictStr, Field(max_length=64)]
"""Chosen by the client, and told back as `reply_to`."""

MAX_CURSORS = 20_000


class HelloData(RequestModel):
    """Who one is, and the last number that one has of each stream."""

    token: Annotated[str, Field(max_length=4096)]
    cursors: Annotated[dict[UUID, BodyInt], Field(max_length=MAX_CURSORS)] = {}  # noqa: RUF012 - pydantic copies it


class SendData(MessageCreate):
    """A message, as POST takes it, and the chat that it is for."""

    chat_id: UUID


class ReadData(RequestModel):
    """How far one has read."""

    chat_id: UUID
    seq: BodyInt


class TypingData(RequestModel):
    """That one is typing, or has stopped."""

    chat_id: UUID
    is_typing: StrictBool


class PingData(RequestModel):
    """Nothing."""


class RequestFrame(RequestModel):
    """Every request has an id, which its reply tells back."""

    id: RequestId


class Hello(RequestFrame):
    """The first frame, within ten seconds."""

    action: Literal["hello"]
    data: HelloData


class SendRequest(RequestFrame):
    """Sends a message, as POST does; the reply's data is the message."""

    action: Literal["send"]
    data: SendData


class ReadRequest(RequestFrame):
    """Moves one's read position; the reply's data is where it is now."""

    action: Literal["read"]
    data: ReadData


class Typing(RequestFrame):
    """Tells the others of a chat that one is typing."""

    action: Literal["typing"]
    data: TypingData


class Ping(RequestFrame):
    """Asks for a sign of life."""

    action: Literal["ping"]
    data: PingData = PingData()


Request = Annotated[SendRequest | ReadRequest | Typing | Ping, Field(discriminator="action")]


class HelloReply(ResponseModel):
    """The data of the reply to hello. `heartbeat_s` is how often the server pings, in seconds."""

    connection_id: UUID
    account_id: UUID
    heartbeat_s: int


class Reply(ResponseModel):
    """The answer to one request: `data` with `ok`, a problem as `error` with `error`."""

    reply_to: int | str | None
    status: Literal["ok", "error"]
    data: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
