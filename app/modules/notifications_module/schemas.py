from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from app.modules.base_module.schemas import RequestModel, ResponseModel
from app.utils.event_texts import EventText

_EXAMPLE: dict[str, Any] = {"language": "ru"}

Language = Annotated[
    Literal["en", "ru"] | None,
    Field(description="of mails to the account, and of pages that it opens; null: it has chosen none"),
]


class NotificationsUpdate(RequestModel):
    """Omitted fields stay unchanged."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    language: Language = None


class NotificationsRead(ResponseModel):
    """How the server writes to the account."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    language: Language = None


class NotificationsChanged(NotificationsRead):
    """The account has changed, on any of its devices, how the server writes to it."""


EVENTS: dict[str, type[ResponseModel]] = {"notifications.changed": NotificationsChanged}

EVENT_TEXTS = (EventText("notifications.changed", "account", "`language`", "`language`"),)
