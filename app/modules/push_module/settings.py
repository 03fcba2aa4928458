"""It imports settings only: the first process reads this file before the framework is loaded."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from app.settings.app_settings import AppSettings
from app.settings.base import SettingsGroup, split_url
from app.settings.limits_settings import RateLimit

CHANGE_PUSH_SUBSCRIPTIONS = RateLimit(
    "change_push_subscriptions",
    "60/10 minutes",
    "account",
    "devices that are subscribed to notifications or unsubscribed, per account",
    "подписок устройств на уведомления и отписок на аккаунт",
)


def _check_contact(value: str) -> str:
    url = split_url(value)
    is_mail = url is not None and url.scheme == "mailto" and "@" in url.path
    is_page = url is not None and url.scheme == "https" and bool(url.hostname)
    if not (is_mail or is_page) or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("must be mailto:name@example.com or https://example.com/contact")
    return value


class PushSettings(SettingsGroup):
    """Variables `PUSH_*`."""

    model_config = SettingsConfigDict(env_prefix="PUSH_")

    contact: Annotated[str, AfterValidator(_check_contact)] | None = Field(
        None,
        max_length=256,
        description="how push services reach the operator of this server: mailto:admin@example.com or an https "
        "address; unset: API_PUBLIC_URL, if it is https",
    )

    russian: ClassVar[Mapping[str, str]] = {
        "contact": "как службы push-уведомлений свяжутся с оператором сервера: mailto:admin@example.com или адрес "
        "https; без него — API_PUBLIC_URL, если он https",
    }


def contact_of(settings: PushSettings, app: AppSettings) -> str | None:
    """Returns the address that push services get."""
    return settings.contact or (app.public_url if app.public_url.startswith("https://") else None)
