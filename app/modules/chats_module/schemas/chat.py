"""Requests and responses of chats."""

from datetime import datetime
from functools import cache
from typing import Annotated, Literal, NamedTuple, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from app.modules.accounts_module.extension import public_parts
from app.modules.base_module.schemas import (
    NOT_BLANK,
    NOT_NULL,
    UNCHANGED,
    RequestModel,
    ResponseModel,
    check_name,
    check_prose,
    with_parts,
    with_updates,
)
from app.modules.chats_module.extension import ChatPart
from app.modules.chats_module.schemas.member import UNREAD_COUNT, MemberRead, Role
from app.utils.module import Modules

ChatType = Literal["direct", "group", "channel"]


Title = Annotated[
    str,
    Field(min_length=1, max_length=128, examples=["Книжный клуб"], json_schema_extra={"pattern": NOT_BLANK}),
    AfterValidator(check_name),
]
Description = Annotated[str, Field(max_length=1000, examples=["Читаем по книге в месяц"]), AfterValidator(check_prose)]


class ChatCreate(RequestModel):
    """A new chat. Sending the same `id` again creates no second chat.

    The id of a direct chat is derived from its two members.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91",
                "type": "group",
                "title": "Книжный клуб",
                "member_ids": [],
            }
        }
    )

    id: UUID | None = None
    type: ChatType
    title: Title | None = None
    description: Description | None = None
    member_ids: Annotated[list[UUID], Field(max_length=200)] = []  # noqa: RUF012 - pydantic copies a default

    @model_validator(mode="after")
    def _direct_has_no_settings(self) -> Self:
        if self.type == "direct" and (self.title is not None or self.description is not None):
            raise ValueError("a direct chat cannot have a title or a description")
        return self


class ChatUpdate(RequestModel):
    """Omitted fields stay unchanged. Null removes the description."""

    model_config = ConfigDict(json_schema_extra={"example": {"title": "Книжный клуб", "description": "По четвергам"}})

    title: Annotated[Title, NOT_NULL] = UNCHANGED
    description: Description | None = None


class ChatRead(ResponseModel):
    """A chat as the caller sees it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91",
                "type": "group",
                "title": "Книжный клуб",
                "description": None,
                "owner_id": "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11",
                "role": "owner",
                "member_count": 1,
                "last_seq": 0,
                "read_seq": 0,
                "others_read_seq": 0,
                "unread_count": 0,
                "event_seq": 1,
                "created_at": "2026-01-01T12:00:00Z",
                "updated_at": "2026-01-01T12:00:00Z",
            }
        }
    )

    id: UUID
    type: ChatType
    title: str | None
    description: str | None
    owner_id: UUID | None
    role: Role
    member_count: int
    last_seq: int = Field(description="sequence number of the newest message, 0 if there is none")
    read_seq: int = Field(description="sequence number up to which the caller has read")
    others_read_seq: int = Field(
        description="how far another account has read, also one that has left; joining is not reading"
    )
    unread_count: int = Field(description=UNREAD_COUNT)
    event_seq: int = Field(description="sequence number of the newest event in the chat's stream")
    created_at: datetime
    updated_at: datetime


class ChatModels(NamedTuple):
    """The models of one application, with the fields that its modules contribute."""

    read: type[ChatRead]
    update: type[ChatUpdate]
    member: type[MemberRead]


@cache
def chat_models(modules: Modules) -> ChatModels:
    parts = modules.contributions(ChatPart)
    return ChatModels(
        with_parts(ChatRead, parts, modules),
        with_updates(ChatUpdate, parts),
        with_parts(MemberRead, public_parts(modules), modules),
    )
