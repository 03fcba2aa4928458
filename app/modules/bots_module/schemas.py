from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path, Query
from pydantic import ConfigDict, Field

from app.dependencies.scopes import scoped
from app.modules.accounts_module.extension import Erasure
from app.modules.accounts_module.schemas import Bio, DisplayName, Username
from app.modules.base_module.schemas import NOT_NULL, UNCHANGED, Page, RequestModel, ResponseModel

_ID = "3f2b8c1e-5d0a-4c7b-9e61-2a7f4d9c8b30"
_EXAMPLE: dict[str, Any] = {"username": "weather_bot", "display_name": "Погода", "bio": "Прогноз на завтра"}

Typ = Annotated[Literal["user", "bot"], Field(description="`bot`: a program, which belongs to another account")]
BotId = Annotated[UUID, Path(description="id of the bot, which is an account id", examples=[_ID])]
Messages = Annotated[
    Erasure, Query(description="`keep`: the bot's messages stay without a name; `delete`: they are deleted")
]


class BotCreate(RequestModel):
    """A new bot. Without a display name the username is shown."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    username: Username
    display_name: DisplayName | None = None
    bio: Bio = ""


class BotUpdate(RequestModel):
    """Omitted fields stay unchanged. Null removes the value; without a display name the username is shown."""

    model_config = ConfigDict(json_schema_extra={"example": {"bio": "Прогноз на завтра"}})

    username: Annotated[Username, NOT_NULL] = UNCHANGED
    display_name: DisplayName | None = None
    bio: Bio | None = None


class BotRead(ResponseModel):
    """A bot of the caller."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"id": _ID, **_EXAMPLE, "created_at": "2026-01-01T12:00:00Z"}}
    )

    id: UUID
    username: str
    display_name: str
    bio: str
    created_at: datetime


class BotsRead(Page[BotRead]):
    """All bots of the caller, the newest first."""


@scoped(None)
class BotPayload(ResponseModel):
    """A bot of the account was created or changed."""

    model_config = ConfigDict(json_schema_extra={"example": {"id": _ID, **_EXAMPLE}})

    id: UUID
    username: str
    display_name: str
    bio: str


class BotCreatedPayload(BotPayload):
    """The account has created a bot."""


class BotUpdatedPayload(BotPayload):
    """The names of a bot of the account were changed."""


@scoped(None)
class BotDeletedPayload(ResponseModel):
    """A bot of the account was deleted."""

    model_config = ConfigDict(json_schema_extra={"example": {"id": _ID}})

    id: UUID


EVENTS: dict[str, type[ResponseModel]] = {
    "bot.created": BotCreatedPayload,
    "bot.updated": BotUpdatedPayload,
    "bot.deleted": BotDeletedPayload,
}
