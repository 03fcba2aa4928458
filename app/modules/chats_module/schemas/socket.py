"""The messages that chats add to the WebSocket."""

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict

from app.dependencies.scopes import scoped
from app.modules.base_module.schemas import BodyInt, RequestModel, ResponseModel
from app.modules.chats_module.schemas.member import ReadPosition

_CHAT = "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91"
_BORIS = "b6a1c1d7-52f0-4d0a-9b0e-2f8d3c5b7a91"


class ReadData(RequestModel):
    """The sequence number up to which the caller has read."""

    model_config = ConfigDict(json_schema_extra={"example": {"chat_id": _CHAT, "seq": 7}})

    chat_id: UUID
    seq: BodyInt


class ReadAnswer(ReadPosition):
    """The data of the reply to read: the caller's read position."""

    model_config = ConfigDict(json_schema_extra={"example": {"read_seq": 7, "unread_count": 0}})


@scoped("chats:read")
class ReceiptSignal(ResponseModel):
    """A member has read up to a message."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"kind": "receipt", "chat_id": _CHAT, "account_id": _BORIS, "read_seq": 7}}
    )

    kind: Literal["receipt"]
    chat_id: UUID
    account_id: UUID
    read_seq: int
