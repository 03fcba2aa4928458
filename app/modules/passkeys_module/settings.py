"""It imports settings only: the first process reads this file before the framework is loaded."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.settings.base import Names, SettingsGroup
from app.settings.limits_settings import RateLimit

PASSKEY_OPTIONS = RateLimit(
    "passkey_options",
    "600/10 minutes",
    "IP address",
    "sign-ins with a passkey that are begun, per IP address",
    "начатых входов по ключу доступа с одного IP-адреса",
)


class PasskeySettings(SettingsGroup):
    """Variables `PASSKEY_*`."""

    model_config = SettingsConfigDict(env_prefix="PASSKEY_")

    rp_id: str | None = Field(
        None,
        max_length=253,
        description="domain that passkeys are bound to; unset: the host of API_PUBLIC_URL. With another one, existing "
        "passkeys no longer work",
    )
    origins: Names = Field(
        (),
        description="origins of further pages and apps that use the passkeys, comma-separated; that of API_PUBLIC_URL "
        "is always allowed",
    )

    russian: ClassVar[Mapping[str, str]] = {
        "rp_id": "домен, к которому привязаны ключи доступа; без него — хост из API_PUBLIC_URL. После замены прежние "
        "ключи не действуют",
        "origins": "источники (origin) других страниц и приложений, которые используют ключи доступа, через запятую; "
        "источник API_PUBLIC_URL разрешён всегда",
    }
