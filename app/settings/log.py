"""Settings of logging."""

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

    enable: bool = Field(True, description="write logs; false disables all logging")
    level: LogLevel = Field(
        LogLevel.INFO, description="lowest level to log: TRACE, DEBUG, INFO, WARNING, ERROR or CRITICAL"
    )
    write_to_file: bool = Field(True, description="also write logs to files under logs/, one file per process")
    format: LogFormat = Field(
        LogFormat.TEXT, description="format of log lines: text for reading, json for other programs"
    )

    russian: ClassVar[Mapping[str, str]] = {
        "enable": "вести логи; false полностью их отключает",
        "level": "минимальный уровень записей: TRACE, DEBUG, INFO, WARNING, ERROR или CRITICAL",
        "write_to_file": "записывать логи и в папку logs/, по файлу на процесс",
        "format": "формат записей: text — для чтения, json — для обработки программами",
    }
