"""Settings of tracing."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import ClassVar

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup, split_url


class TracingSettings(SettingsGroup):
    """Variables `TRACING_*`."""

    model_config = SettingsConfigDict(env_prefix="TRACING_", hide_input_in_errors=True)

    url: str | None = Field(
        None,
        description="OpenTelemetry collector that spans are sent to by OTLP over HTTP, such as http://127.0.0.1:4318; "
        "requires the extra `tracing`",
    )
    headers: SecretStr = Field(
        SecretStr(""), description="headers for the collector: name=value, several separated by commas"
    )
    ratio: float = Field(1.0, ge=0, le=1, description="part of the traces that are sent, 0 to 1")
    service: str = Field("messenger", min_length=1, description="name of the service in traces")

    russian: ClassVar[Mapping[str, str]] = {
        "url": "коллектор OpenTelemetry, которому отправляются трассы по OTLP поверх HTTP, например "
        "http://127.0.0.1:4318; нужен дополнительный пакет `tracing`",
        "headers": "заголовки для коллектора: имя=значение, несколько — через запятую",
        "ratio": "доля отправляемых трасс, от 0 до 1",
        "service": "имя сервиса в трассах",
    }

    @property
    def header_pairs(self) -> dict[str, str]:
        """The headers by name."""
        pairs = (pair.partition("=") for pair in self.headers.get_secret_value().split(",") if pair.strip())
        return {name.strip().lower(): value.strip() for name, _, value in pairs}

    @field_validator("url")
    @classmethod
    def _can_be_used(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if find_spec("opentelemetry.sdk") is None or find_spec("opentelemetry.exporter") is None:
            raise ValueError("the extra `tracing` is not installed: pip install opentelemetry-exporter-otlp-proto-http")
        url = split_url(value)
        is_usable = url is not None and url.scheme in ("http", "https") and bool(url.hostname)
        if url is None or not is_usable or url.query or url.fragment or url.username:
            raise ValueError("must be http://host:port or https://..., without credentials: TRACING_HEADERS has them")
        return value.rstrip("/")

    @field_validator("headers")
    @classmethod
    def _are_pairs(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        is_sane = text.isascii() and text.isprintable()
        if not is_sane or any(
            not name.strip() or not equals
            for name, equals, _ in (pair.partition("=") for pair in text.split(",") if pair.strip())
        ):
            raise ValueError("must be name=value, several separated by commas")
        return value
