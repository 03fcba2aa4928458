"""The log of events, and the doorbell that announces them."""

from enum import StrEnum

from pydantic import Field

from app.settings.base import SettingsGroup


class BusDriver(StrEnum):
    POSTGRES = "postgres"
    MEMORY = "memory"


class StreamsSettings(SettingsGroup):
    """Variables `STREAM_*` and `BUS_*`."""

    retention_days: int = Field(
        30, ge=1, le=36_500, validation_alias="STREAM_RETENTION_DAYS", description="days that events are kept"
    )
    bus_driver: BusDriver = Field(
        BusDriver.POSTGRES,
        validation_alias="BUS_DRIVER",
        description="how processes tell each other of news: postgres; memory is for tests",
    )
