"""It imports settings only: the first process reads this file before the framework is loaded."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.settings.app_settings import Mode
from app.settings.base import SettingsGroup
from app.settings.limits_settings import RateLimit

PREVIEW = RateLimit(
    "link_preview",
    "60/minute",
    "account",
    "messages whose link gets a preview, per account; further ones get none",
    "сообщений с предпросмотром ссылки на аккаунт; у остальных его не будет",
)


class PreviewSettings(SettingsGroup):
    """Variables `LINK_PREVIEW_*`."""

    model_config = SettingsConfigDict(env_prefix="LINK_PREVIEW_")

    enable: bool | None = Field(
        None,
        description="fetch the pages that messages link to; unset: false in PROD, else true",
    )

    russian: ClassVar[Mapping[str, str]] = {
        "enable": "загружать страницы, на которые ссылаются сообщения; по умолчанию — false в PROD, иначе true",
    }

    def is_enabled(self, environment: Mode) -> bool:
        return environment is not Mode.PROD if self.enable is None else self.enable
