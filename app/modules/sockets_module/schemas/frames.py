"""What a client sends. The AsyncAPI document is made from these same models."""

from functools import cache
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool, StrictInt, StrictStr, create_model

from app.modules.base_module.schemas import BodyInt, RequestModel, extended
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.schemas.models import message_models
from app.resources.constants import MAX_BIGINT
from app.utils.module import Modules

RequestId = Annotated[StrictInt, Field(ge=-MAX_BIGINT, le=MAX_BIGINT)] | Annotated[StrictStr, Field(max_length=64)]
"""Chosen by the client, and told back as `reply_to`."""

MAX_CURSORS = 20_000

_CHAT = "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91"
_ANNA = "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11"


def _example(action: str, **data: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"example": {"id": 1, "action": action, "data": data}})


class HelloData(RequestModel):
    """The access token, and the cursor of each stream."""

    token: Annotated[str, Field(max_length=4096)]
    cursors: Annotated[dict[UUID, BodyInt], Field(max_length=MAX_CURSORS)] = {}  # noqa: RUF012 - pydantic copies it


class SendData(MessageCreate):
    """A message as in POST, and its chat."""

    model_config = ConfigDict(json_schema_extra={"example": {"chat_id": _CHAT, "text": "Привет! 👋"}})

    chat_id: UUID


class ReadData(RequestModel):
    """The sequence number up to which the caller has read."""

    chat_id: UUID
    seq: BodyInt


class TypingData(RequestModel):
    """Whether the caller is typing."""

    chat_id: UUID
    is_typing: StrictBool


class PingData(RequestModel):
    """No data."""


class RequestFrame(RequestModel):
    """Every request has an id, which its reply tells back."""

    id: RequestId


class Hello(RequestFrame):
    """The first frame of the client, due within ten seconds."""

    model_config = _example("hello", token="eyJhbGci...", cursors={_ANNA: 12, _CHAT: 340})  # noqa: S106

    action: Literal["hello"]
    data: HelloData


class SendRequest(RequestFrame):
    """Sends a message, as POST does. The reply contains the message."""

    model_config = _example(
        "send", chat_id=_CHAT, client_msg_id="3c9f4f0e-0b7e-4c39-a3b3-6b1f3f0d2a55", text="Привет! 👋"
    )

    action: Literal["send"]
    data: SendData


class ReadRequest(RequestFrame):
    """Moves the caller's read position. The reply contains the current position."""

    model_config = _example("read", chat_id=_CHAT, seq=7)

    action: Literal["read"]
    data: ReadData


class Typing(RequestFrame):
    """Signals to the other members of a chat that the caller is typing or has stopped."""

    model_config = _example("typing", chat_id=_CHAT, is_typing=True)

    action: Literal["typing"]
    data: TypingData


class Ping(RequestFrame):
    """Checks that the connection works."""

    model_config = _example("ping")

    action: Literal["ping"]
    data: PingData = PingData()


@cache
def request_models(modules: Modules) -> dict[str, type[RequestFrame]]:
    """Returns what a client may ask for after hello, by its action; a send with the fields that modules contribute."""
    create = message_models(modules).create
    send = SendRequest
    if create is not MessageCreate:
        data = create_model("SendData", __base__=create, __doc__=SendData.__doc__, chat_id=(UUID, ...))
        data.model_config["json_schema_extra"] = SendData.model_config["json_schema_extra"]
        send = extended(SendRequest, {"data": (data, ...)}, {})
    return {"send": send, "read": ReadRequest, "typing": Typing, "ping": Ping}
