from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path
from pydantic import AfterValidator, ConfigDict, Field

from app.dependencies.scopes import SCOPES, Scope, scoped
from app.modules.base_module.schemas import NOT_BLANK, BodyMoment, RequestModel, ResponseModel, check_name
from app.utils.event_texts import EventText

_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
_EXAMPLE: dict[str, Any] = {
    "id": _ID,
    "name": "Отчёты",
    "scopes": ["chats:read", "messages:write"],
    "created_at": "2026-01-01T12:00:00Z",
    "expires_at": None,
    "last_used_at": None,
}


def _in_order(scopes: list[Scope]) -> list[Scope]:
    return [scope for scope in SCOPES if scope in scopes]


KeyId = Annotated[UUID, Path(description="id of the key", examples=[_ID])]
KeyName = Annotated[
    str,
    Field(min_length=1, max_length=64, examples=["Отчёты"], json_schema_extra={"pattern": NOT_BLANK}),
    AfterValidator(check_name),
]


class KeyCreate(RequestModel):
    """A new key. It allows what its scopes name, and nothing else."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "Отчёты", "scopes": ["chats:read", "messages:write"]}}
    )

    name: KeyName
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(SCOPES)), AfterValidator(_in_order)]
    expires_at: Annotated[BodyMoment | None, Field(description="null: it is valid until it is revoked")] = None


class KeyRead(ResponseModel):
    """A key without its secret."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    id: UUID
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="time of the latest call, accurate to a minute")


class KeyCreated(KeyRead):
    """A new key. `key` is shown this once."""

    model_config = ConfigDict(json_schema_extra={"example": {**_EXAMPLE, "key": f"mbk_{_ID}_XnDsDXVCq8fM..."}})

    key: str = Field(description="the token: `Authorization: Bearer mbk_...`")


@scoped(None)
class KeyPayload(ResponseModel):
    """An API key was created or revoked, for the account itself or for one of its bots."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "key_id": _ID,
                "account_id": "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11",
                "name": "Отчёты",
            }
        }
    )

    key_id: UUID
    account_id: UUID = Field(description="the account that the key belongs to")
    name: str


class KeyCreatedPayload(KeyPayload):
    """An API key was created, for the account itself or for one of its bots."""

    scopes: list[Scope]

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "key_id": _ID,
                "account_id": "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11",
                "name": "Отчёты",
                "scopes": ["chats:read", "messages:write"],
            }
        }
    )


class KeyRevokedPayload(KeyPayload):
    """An API key was revoked."""


EVENTS: dict[str, type[ResponseModel]] = {
    "security.key_created": KeyCreatedPayload,
    "security.key_revoked": KeyRevokedPayload,
}

EVENT_TEXTS = (
    EventText(
        "security.key_created",
        "account",
        "`key_id`, `account_id` of the key (the account itself or its bot), `name`, `scopes`",
        "`key_id`, `account_id` ключа (сам аккаунт или его бот), `name`, `scopes`",
    ),
)
