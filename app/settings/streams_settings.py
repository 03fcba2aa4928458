"""Settings of the event log, and of the bus that announces events."""

from collections.abc import Mapping
from enum import StrEnum
from importlib.util import find_spec
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup, split_url


class BusDriver(StrEnum):
    POSTGRES = "postgres"
    NATS = "nats"
    MEMORY = "memory"


def _check_servers(value: SecretStr) -> SecretStr:
    # The value is not repeated: it may contain a password.
    if not all(map(_is_nats, _split(value))):
        raise ValueError("must be nats://[user:password@]host[:port] or tls://..., several separated by commas")
    return value


def _is_nats(server: str) -> bool:
    url = split_url(server)
    if url is None or url.query or url.fragment:
        return False
    return url.scheme in ("nats", "tls") and bool(url.hostname) and url.path in ("", "/")


def _split(servers: SecretStr) -> list[str]:
    return [server.strip().rstrip("/") for server in servers.get_secret_value().split(",")]


class StreamsSettings(SettingsGroup):
    """Variables `STREAM_*` and `BUS_*`."""

    model_config = SettingsConfigDict(hide_input_in_errors=True)

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
        description="how processes notify each other of new events: postgres or nats; memory is for tests only",
    )
    bus_url: Annotated[SecretStr, AfterValidator(_check_servers)] | None = Field(
        None,
        validation_alias="BUS_URL",
        description="NATS servers of one cluster, separated by commas: nats://user:password@host:4222, or tls:// to "
        "refuse connections without TLS",
    )
    bus_subject: str = Field(
        "messenger",
        pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$",
        validation_alias="BUS_SUBJECT",
        description="subject in NATS; installations that share a NATS need different ones",
    )

    russian: ClassVar[Mapping[str, str]] = {
        "retention_days": "срок хранения событий, дни",
        "bus_driver": "способ оповещения процессов о новых событиях: postgres или nats; memory — только для тестов",
        "bus_url": "серверы NATS одного кластера через запятую: nats://user:password@host:4222; с tls:// соединения "
        "без TLS не допускаются",
        "bus_subject": "тема (subject) в NATS; у установок с общим NATS темы должны различаться",
    }

    @property
    def bus_servers(self) -> list[str]:
        """The addresses of the NATS servers."""
        return _split(self.bus_url) if self.bus_url else []

    @field_validator("bus_driver")
    @classmethod
    def _is_installed(cls, value: BusDriver) -> BusDriver:
        if value is BusDriver.NATS and find_spec("nats") is None:
            raise ValueError("the client of NATS is not installed: pip install nats-py")
        return value

    @field_validator("bus_url")
    @classmethod
    def _is_set_for_nats(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None and info.data.get("bus_driver") is BusDriver.NATS:
            raise ValueError("must be set if BUS_DRIVER is nats")
        return value
