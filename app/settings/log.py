"""What is logged, and where."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup


class LogLevel(StrEnum):
    TRACE = "TRACE"
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class LogSettings(SettingsGroup):
    """Variables `LOG_*`."""

    model_config = SettingsConfigDict(env_prefix="LOG_")

    enable: bool = Field(True, description="False logs nothing at all")
    level: LogLevel = Field(LogLevel.INFO, description="TRACE, DEBUG, INFO, WARNING, ERROR or CRITICAL")
    write_to_file: bool = Field(True, description="also write under logs/, one file a process")
    format: LogFormat = Field(LogFormat.TEXT, description="text for people, json for machines")

    russian: ClassVar[Mapping[str, str]] = {
        "enable": "false полностью отключает логи",
        "level": "TRACE, DEBUG, INFO, WARNING, ERROR или CRITICAL",
        "write_to_file": "записывать логи и в `logs/`, по файлу на процесс",
        "format": "text — для чтения человеком, json — для обработки программами",
    }
