"""It imports settings only: the first process reads this file before the framework is loaded."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup
from app.settings.limits_settings import RateLimit

DEACTIVATE = RateLimit(
    "deactivate",
    "20/hour",
    "account",
    "attempts to deactivate an account, per account",
    "попыток деактивации на аккаунт",
)


class LeavingSettings(SettingsGroup):
    """Variables `LEAVING_*`."""

    model_config = SettingsConfigDict(env_prefix="LEAVING_")

    days: int = Field(
        14,
        ge=0,
        le=365,
        description="days after which a deactivated account is erased; until then signing in brings it back",
    )

    russian: ClassVar[Mapping[str, str]] = {
        "days": "через сколько дней деактивированный аккаунт стирается; до этого вход его возвращает"
    }
