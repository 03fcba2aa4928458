"""Settings of the modules to serve."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.settings.base import Names, SettingsGroup


class ModulesSettings(SettingsGroup):
    """Variables `APPLICATION_*`."""

    model_config = SettingsConfigDict(env_prefix="APPLICATION_")

    enabled_modules: Names = Field(
        ("BASE",),
        description="enabled modules, separated by commas; BASE means all modules that are on by default, -name "
        "excludes a module",
    )

    russian: ClassVar[Mapping[str, str]] = {
        "enabled_modules": "включённые модули через запятую; BASE — все, что включены по умолчанию; "
        "-имя исключает модуль",
    }
