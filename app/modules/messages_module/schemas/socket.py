"""Socket requests and signals of messages."""

from functools import cache
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, StrictBool

from app.modules.base_module.schemas import RequestModel, ResponseModel, extended
from app.modules.messages_module.schemas.message import MessageCreate
from app.modules.messages_module.schemas.models import message_models
from app.utils.module import Modules

_CHAT = "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91"
_BORIS = "b6a1c1d7-52f0-4d0a-9b0e-2f8d3c5b7a91"


@cache
def send_data(modules: Modules) -> type[MessageCreate]:
    """Returns the model of a message, as in POST, with the `chat_id`."""
    return extended(message_models(modules).create, {"chat_id": (UUID, ...)}, {"chat_id": _CHAT}, name="SendData")


class TypingData(RequestModel):
    """The caller starts or stops typing."""

    model_config = ConfigDict(json_schema_extra={"example": {"chat_id": _CHAT, "is_typing": True}})

    chat_id: UUID
    is_typing: StrictBool


class TypingSignal(ResponseModel):
    """A member is typing or has stopped."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"kind": "typing", "chat_id": _CHAT, "account_id": _BORIS, "is_typing": True}}
    )

    kind: Literal["typing"]
    chat_id: UUID
    account_id: UUID
    is_typing: bool
