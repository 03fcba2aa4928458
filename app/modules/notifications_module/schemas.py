from collections.abc import Set
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import available_timezones

from pydantic import AfterValidator, ConfigDict, Field, field_validator

from app.dependencies.scopes import scoped
from app.modules.base_module.schemas import UNCHANGED, RequestModel, ResponseModel, check_names, extended
from app.modules.notifications_module.extension import NotificationSetting
from app.utils.module import Modules

_EXAMPLE: dict[str, Any] = {"language": "ru", "time_zone": "Europe/Moscow"}


@cache
def _time_zones() -> Set[str]:
    """Returns all names. They are read from many files: once. A system may have its own zone beside them."""
    return available_timezones() - {"localtime"}


Language = Annotated[
    Literal["en", "ru"] | None,
    Field(description="language of mails, of notifications on devices and of the page at /ui; null: not chosen"),
]

TimeZone = Annotated[
    Annotated[str, Field(max_length=64)] | None,
    Field(
        description="time zone of the times in mails and of the quiet hours, by its name in the IANA database; "
        "null: UTC"
    ),
]

ClockTime = Annotated[str, Field(max_length=5, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]


class QuietHours(RequestModel):
    """A part of each day. It may contain midnight."""

    model_config = ConfigDict(json_schema_extra={"example": {"from": "22:00", "to": "07:00"}})

    from_: Annotated[ClockTime, Field(alias="from")]
    to: ClockTime


def _check_quiet_hours(value: QuietHours | None) -> QuietHours | None:
    if value is not None and value.from_ == value.to:
        raise ValueError("must begin and end at different times")
    return value


QUIET_HOURS = NotificationSetting(
    "quiet_hours",
    Annotated[
        QuietHours | None,
        AfterValidator(_check_quiet_hours),
        Field(description="when nothing is sent, by the clock of the time zone; null: never"),
    ],
    None,
)


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


class NotificationModels(NamedTuple):
    """The models of one application, with the settings that its modules contribute."""

    read: type[NotificationsRead]
    update: type[NotificationsUpdate]
    events: dict[str, type[ResponseModel]]


@cache
def notification_models(modules: Modules) -> NotificationModels:
    """Raises ModulesError for a contributed setting that exists already."""
    settings = modules.contributions(NotificationSetting)
    check_names(NotificationsRead, settings)
    shown = {setting.name: (setting.read, ...) for setting in settings}
    updates = {setting.name: (setting.read, UNCHANGED) for setting in settings}
    example = {setting.name: setting.default for setting in settings}
    return NotificationModels(
        read=extended(NotificationsRead, shown, example),
        update=extended(NotificationsUpdate, updates, example),
        events={"notifications.changed": extended(NotificationsChanged, shown, example)},
    )
