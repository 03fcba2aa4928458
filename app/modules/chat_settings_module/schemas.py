from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool

from app.dependencies.scopes import scoped
from app.modules.base_module.schemas import NOT_NULL, UNCHANGED, BodyMoment, RequestModel, ResponseModel
from app.utils.event_texts import EventText

Notify = Literal["all", "mentions", "none"]

_EXAMPLE: dict[str, Any] = {
    "muted_until": "2026-01-02T12:00:00Z",
    "is_archived": False,
    "is_pinned": True,
    "notify": "mentions",
}
_MUTED = Field(description="only mentions of this member notify it before this time; null: not muted")
_NOTIFY = Field(description="which messages notify this member; `none` is none at all")


class ChatSettingsUpdate(RequestModel):
    """Omitted fields stay unchanged. `muted_until: null` ends the muting."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    muted_until: Annotated[BodyMoment | None, _MUTED] = None
    is_archived: Annotated[StrictBool, NOT_NULL] = UNCHANGED
    is_pinned: Annotated[StrictBool, NOT_NULL] = UNCHANGED
    notify: Annotated[Notify, NOT_NULL, _NOTIFY] = UNCHANGED


class ChatSettingsRead(ResponseModel):
    """The caller's own settings of a chat. No other member sees them."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    muted_until: Annotated[datetime | None, _MUTED]
    is_archived: bool
    is_pinned: bool = Field(description="the chat is pinned in the caller's list of chats")
    notify: Annotated[Notify, _NOTIFY]


@scoped("chats:read")
class ChatSettingsChanged(ChatSettingsRead):
    """The account has changed its settings of a chat, on any of its devices."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"chat_id": "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91", **_EXAMPLE}}
    )

    chat_id: UUID


EVENTS: dict[str, type[ResponseModel]] = {"chat.settings_changed": ChatSettingsChanged}

EVENT_TEXTS = (
    EventText(
        "chat.settings_changed",
        "account",
        "`chat_id` and all settings of the chat: `muted_until`, `is_archived`, `is_pinned`, `notify`",
        "`chat_id` и все настройки чата: `muted_until`, `is_archived`, `is_pinned`, `notify`",
    ),
)
