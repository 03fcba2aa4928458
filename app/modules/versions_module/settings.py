"""It imports settings only: the first process reads this file before the framework is loaded."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup


class VersionsSettings(SettingsGroup):
    """Variables `VERSIONS_*`."""

    model_config = SettingsConfigDict(env_prefix="VERSIONS_")

    kept: int = Field(50, ge=1, le=200, description="earlier texts kept of each edited message; the oldest are deleted")

    russian: ClassVar[Mapping[str, str]] = {
        "kept": "сколько прежних текстов хранится у каждого исправленного сообщения; самые старые удаляются",
    }
