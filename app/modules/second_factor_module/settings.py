"""It imports settings only: the first process reads this file before the framework is loaded."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup
from app.settings.limits_settings import RateLimit

GIVE_CODE = RateLimit(
    "second_factor",
    "60/10 minutes",
    "device",
    "codes of second factors, per device; with an invalid ticket, per IP address",
    "кодов второго фактора с одного устройства, а с недействительным `ticket` — с одного IP-адреса",
)


class SecondFactorSettings(SettingsGroup):
    """Variables `SECOND_FACTOR_*`."""

    model_config = SettingsConfigDict(env_prefix="SECOND_FACTOR_")

    required_for_admins: bool = Field(
        False, description="server admins may act as such only with a second factor; they can still set one up"
    )

    russian: ClassVar[Mapping[str, str]] = {
        "required_for_admins": "администраторы сервера могут действовать как администраторы только со вторым фактором; "
        "подключить его они могут всегда",
    }
