"""Settings of the event log, and of the bus that announces events."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from app.settings.base import SettingsGroup


class BusDriver(StrEnum):
    POSTGRES = "postgres"
    MEMORY = "memory"


class StreamsSettings(SettingsGroup):
    """Variables `STREAM_*` and `BUS_*`."""

    retention_days: int = Field(
        30,
        ge=1,
        le=36_500,
        validation_alias="STREAM_RETENTION_DAYS",
        description="days for which events are kept in the event log",
    )
    bus_driver: BusDriver = Field(
        BusDriver.POSTGRES,
        validation_alias="BUS_DRIVER",
        description="how processes notify each other of new events: postgres; memory is for tests only",
    )

    russian: ClassVar[Mapping[str, str]] = {
        "retention_days": "срок хранения событий, дни",
        "bus_driver": "способ оповещения процессов о новых событиях: postgres; memory — только для тестов",
    }
