"""It imports settings only: the first process reads this file before the framework is loaded."""

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from app.settings.base import Names, SettingsGroup
from app.settings.limits_settings import RateLimit
from app.settings.origins import normalize_origin

PASSKEY_OPTIONS = RateLimit(
    "passkey_options",
    "600/10 minutes",
    "IP address",
    "sign-ins with a passkey that are begun, per IP address",
    "начатых входов по ключу доступа с одного IP-адреса",
)
# Browsers bind passkeys to no IP address.
_DOMAIN = re.compile(r"(?![0-9.]+$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_APP = re.compile(r"(?:android:apk-key-hash|ios:bundle-id):[A-Za-z0-9._=-]+")


def _normalize_domain(value: str) -> str:
    domain = value.lower()
    if not _DOMAIN.fullmatch(domain):
        raise ValueError("must be a domain in ASCII without scheme, port and path, as in chat.example.org")
    return domain


def _normalize_origins(value: tuple[str, ...]) -> tuple[str, ...]:
    origins = []
    for text in value:
        origin = text if _APP.fullmatch(text) else normalize_origin(text)
        if origin is None:
            raise ValueError(
                f"{text!r} is not an origin: write scheme://host[:port], android:apk-key-hash:... or ios:bundle-id:..."
            )
        origins.append(origin)
    return tuple(origins)


class PasskeySettings(SettingsGroup):
    """Variables `PASSKEY_*`."""

    model_config = SettingsConfigDict(env_prefix="PASSKEY_")

    rp_id: Annotated[str, AfterValidator(_normalize_domain)] | None = Field(
        None,
        max_length=253,
        description="domain that passkeys are bound to; unset: the host of API_PUBLIC_URL. With another one, existing "
        "passkeys no longer work",
    )
    origins: Annotated[Names, AfterValidator(_normalize_origins)] = Field(
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
