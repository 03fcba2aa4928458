from collections.abc import Set
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import ConfigDict, Field, field_validator

from app.dependencies.scopes import scoped
from app.modules.base_module.schemas import RequestModel, ResponseModel

_EXAMPLE: dict[str, Any] = {"language": "ru", "time_zone": "Europe/Moscow"}


@cache
def _time_zones() -> Set[str]:
    """Returns all names. They are read from many files: once. A system may have its own zone beside them."""
    return available_timezones() - {"localtime"}


Language = Annotated[
    Literal["en", "ru"] | None,
    Field(description="language of mails and of the page at /ui; null: not chosen"),
]

TimeZone = Annotated[
    Annotated[str, Field(max_length=64)] | None,
    Field(description="time zone of the times in mails, by its name in the IANA database; null: UTC"),
]


class NotificationsUpdate(RequestModel):
    """Omitted fields stay unchanged."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    language: Language = None
    time_zone: TimeZone = None

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, value: str | None) -> str | None:
        if value is not None and value not in _time_zones():
            raise ValueError("must be the name of a time zone, such as Europe/Moscow")
        return value


class NotificationsRead(ResponseModel):
    """How the server writes to the account."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    language: Language
    time_zone: TimeZone


@scoped("profile:read")
class NotificationsChanged(NotificationsRead):
    """The account has changed, on any of its devices, how the server writes to it."""


EVENTS: dict[str, type[ResponseModel]] = {"notifications.changed": NotificationsChanged}
