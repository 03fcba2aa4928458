"""Requests and responses of members and read positions."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from app.modules.base_module.schemas import BodyInt, RequestModel, ResponseModel

Role = Literal["owner", "admin", "member", "reader"]
UNREAD_COUNT = (
    "number of messages after read_seq that are not deleted. It is exact up to 10,000 deleted messages after read_seq; "
    "any further ones are counted"
)


class MemberRead(ResponseModel):
    """A member of a chat."""

    account_id: UUID
    username: str = Field(examples=["anna"])
    display_name: str = Field(description="empty for an erased account", examples=["Анна"])
    role: Role
    read_seq: int = Field(
        description="sequence number up to which the member has read; on joining, that of the newest message",
        examples=[3],
    )
    joined_at: datetime


class MembersAdd(RequestModel):
    """Accounts to add. Existing members stay unchanged."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"account_ids": ["0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11"], "role": "member"}}
    )

    account_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]
    role: Literal["admin", "member", "reader"] = "member"


class MemberUpdate(RequestModel):
    """A new role. `owner` transfers the ownership: the former owner becomes an admin."""

    model_config = ConfigDict(json_schema_extra={"example": {"role": "admin"}})

    role: Role


class ReadUpdate(RequestModel):
    """The sequence number up to which the caller has read."""

    model_config = ConfigDict(json_schema_extra={"example": {"seq": 1}})

    seq: BodyInt


class ReadPosition(ResponseModel):
    """The caller's read position. It never moves back."""

    read_seq: int = Field(examples=[3])
    unread_count: int = Field(description=UNREAD_COUNT, examples=[0])
