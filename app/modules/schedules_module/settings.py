"""It imports settings only: the first process reads this file before the framework is loaded."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup
from app.settings.limits_settings import RateLimit

SCHEDULE = RateLimit(
    "schedule",
    "3000/10 minutes",
    "account",
    "messages scheduled and changed, per account",
    "запланированных и изменённых сообщений на аккаунт",
)


class ScheduleSettings(SettingsGroup):
    """Variables `SCHEDULE_*`."""

    model_config = SettingsConfigDict(env_prefix="SCHEDULE_")

    max_per_account: int = Field(1000, ge=1, le=100_000, description="scheduled messages of an account in all chats")

    russian: ClassVar[Mapping[str, str]] = {
        "max_per_account": "запланированных сообщений аккаунта во всех чатах",
    }
