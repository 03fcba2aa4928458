"""What the API is called, where it listens and how much it shows."""

from collections.abc import Mapping
from enum import StrEnum
from ipaddress import ip_network
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import SettingsConfigDict

from app.settings.base import Names, SettingsGroup
from app.settings.origins import normalize_origin


class Mode(StrEnum):
    """Production, development, or one's own machine."""

    PROD = "PROD"
    DEV = "DEV"
    LOCAL = "LOCAL"


def _check_prefix(value: str) -> str:
    if value and (not value.startswith("/") or value.endswith("/") or "//" in value):
        raise ValueError("it starts with a slash and does not end with one, as /api/v1, or is left out")
    return value


def _normalize_origins(value: tuple[str, ...]) -> tuple[str, ...]:
    origins = []
    for text in value:
        origin = normalize_origin(text)
        if origin is None:
            raise ValueError(f"{text!r} is no origin: write scheme://host[:port], separated by commas, no wildcard")
        origins.append(origin)
    return tuple(origins)


def _check_networks(value: tuple[str, ...]) -> tuple[str, ...]:
    for network in value:
        ip_network(network, strict=False)
    return value


class EnvironmentSettings(SettingsGroup):
    """`ENVIRONMENT`."""

    environment: Mode = Field(
        Mode.LOCAL,
        validation_alias="ENVIRONMENT",
        description="what the application does (reload, secrets refused, demo data): PROD, DEV or LOCAL",
    )


class AppSettings(EnvironmentSettings):
    """Variables `API_*`, and `ENVIRONMENT`."""

    model_config = SettingsConfigDict(env_prefix="API_")

    mode: Mode = Field(
        Mode.LOCAL, description="what the API shows (error detail, docs): PROD, DEV or LOCAL; unset: as ENVIRONMENT"
    )
    background: bool = Field(
        True, description="run subscribers and jobs in this process; `python manage.py worker` runs nothing else"
    )
    title: str = Field("Messenger Backend", min_length=1, description="name of the API in its documents")
    host: str = Field("127.0.0.1", min_length=1, description="address to listen on; the container sets 0.0.0.0")
    service_port: int = Field(8788, ge=1, le=65535, description="port to listen on")
    contact_name: str = Field("", description="whom to ask about this server, shown in the documents")
    contact_email: str = Field("", description="and at what address")
    version: str = Field("0.1.0", min_length=1, description="version that the documents and /healthcheck show")
    prefix: Annotated[str, AfterValidator(_check_prefix)] = Field(
        "/api/v1", description="where the routes of the modules stand"
    )
    ui_enable: bool = Field(True, description="serve the page at /ui, a small chat client to try the server with")
    workers: int = Field(1, ge=1, le=64, description="server processes; more than one turns the reload off")
    reload: bool = Field(True, description="restart when a file under app/ changes; off in PROD")
    cors_origins: Annotated[Names, AfterValidator(_normalize_origins)] = Field(
        (), description="origins of web pages that may call the API, separated by commas"
    )
    trusted_proxies: Annotated[Names, AfterValidator(_check_networks)] = Field(
        (), description="addresses or networks whose X-Forwarded-For is believed, separated by commas"
    )

    russian: ClassVar[Mapping[str, str]] = {
        "environment": "поведение приложения (перезапуск при изменениях, отказ от слабых секретов, "
        "демонстрационные данные): PROD, DEV или LOCAL",
        "mode": "что раскрывает API (подробности ошибок, документация): PROD, DEV или LOCAL",
        "background": "выполнять в этом процессе подписчиков и фоновые задачи",
        "title": "название API в документации",
        "host": "адрес, на котором сервер слушает; в контейнере 0.0.0.0",
        "service_port": "порт",
        "contact_name": "контактное лицо: имя в документации",
        "contact_email": "контактное лицо: адрес почты",
        "version": "версия в документации и в `/healthcheck`",
        "prefix": "общее начало адресов модулей",
        "ui_enable": "отдавать страницу /ui, небольшой клиент для знакомства с сервером",
        "workers": "число рабочих процессов; если больше одного, перезапуск при изменениях отключён",
        "reload": "перезапуск при изменении файла в `app/`; в PROD выключен",
        "cors_origins": "источники (origin), с которых разрешены вызовы из браузера, через запятую",
        "trusted_proxies": "адреса или сети прокси, чьему X-Forwarded-For доверяет сервер, через запятую",
    }

    @model_validator(mode="after")
    def _mode_follows_environment(self) -> Self:
        if "mode" not in self.model_fields_set:
            # The model is frozen for its users, not for its own making.
            object.__setattr__(self, "mode", self.environment)
        return self

    @property
    def reloads(self) -> bool:
        """Whether the server restarts itself when a file changes."""
        return self.reload and self.workers == 1 and self.environment is not Mode.PROD
