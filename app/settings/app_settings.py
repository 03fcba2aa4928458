"""Settings of the application: its environment, name, address, processes and origins."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import SettingsConfigDict

from app.settings.base import Names, Networks, SettingsGroup, check_host, split_url
from app.settings.origins import normalize_origin


class Mode(StrEnum):
    """The environment of a server: production, development, or a developer's machine."""

    PROD = "PROD"
    DEV = "DEV"
    LOCAL = "LOCAL"


def _check_prefix(value: str) -> str:
    if not value.startswith("/") or value.endswith("/") or "//" in value:
        raise ValueError("must start with a slash and not end with one, as in /api/v1")
    return value


def _check_public_url(value: str) -> str:
    url = split_url(value)
    is_plain = value.isascii() and value.isprintable() and " " not in value
    has_place = url is not None and url.scheme in ("http", "https") and bool(url.hostname)
    if url is None or not has_place or url.query or url.fragment or not is_plain:
        raise ValueError("must be http://host[:port][/path] or https://host[:port][/path]")
    return value.rstrip("/")


def _normalize_origins(value: tuple[str, ...]) -> tuple[str, ...]:
    origins = []
    for text in value:
        origin = normalize_origin(text)
        if origin is None:
            raise ValueError(f"{text!r} is not an origin: write scheme://host[:port], separated by commas, no wildcard")
        origins.append(origin)
    return tuple(origins)


class EnvironmentSettings(SettingsGroup):
    """The variable `ENVIRONMENT`."""

    environment: Mode = Field(
        Mode.LOCAL,
        validation_alias="ENVIRONMENT",
        description="how the application behaves (automatic reload, refusal of weak secrets, demo data): PROD, "
        "DEV or LOCAL",
    )


class AppSettings(EnvironmentSettings):
    """Variables `API_*`, and `ENVIRONMENT`."""

    model_config = SettingsConfigDict(env_prefix="API_")

    mode: Mode = Field(
        Mode.LOCAL,
        description="what the API discloses (error details, API documents): PROD, DEV or LOCAL; the "
        "default is the value of ENVIRONMENT",
    )
    background: bool = Field(
        True,
        description="run subscribers and jobs in this process; `python manage.py worker` always runs them "
        "and serves no requests",
    )
    title: str = Field("Messenger Backend", min_length=1, description="name of the API in the API documents")
    host: Annotated[str, AfterValidator(check_host)] = Field(
        "127.0.0.1", min_length=1, description="address to listen on; 0.0.0.0 in the container"
    )
    service_port: int = Field(8788, ge=1, le=65535, description="port to listen on")
    contact_name: str = Field("", description="name of the contact person in the API documents")
    contact_email: str = Field("", description="email of the contact person in the API documents")
    version: str = Field("0.1.0", min_length=1, description="version in the API documents and in /healthcheck")
    prefix: Annotated[str, AfterValidator(_check_prefix)] = Field(
        "/api/v1", description="path prefix of all module routes"
    )
    public_url: Annotated[str, AfterValidator(_check_public_url)] = Field(
        "http://localhost:8788",
        description="address of this server for its users, used by links in mails, single sign-on and passkeys; unset: "
        "localhost with the port API_SERVICE_PORT. If it is set, addresses of files begin with it, otherwise they are "
        "relative",
    )
    ui_enable: bool = Field(True, description="serve a small chat client at /ui, for trying the server")
    workers: int = Field(
        1, ge=1, le=64, description="number of worker processes; more than one disables the automatic reload"
    )
    reload: bool = Field(True, description="restart when a file under app/ changes; disabled in PROD")
    cors_origins: Annotated[Names, AfterValidator(_normalize_origins)] = Field(
        (), description="web origins that may call the API from a browser, separated by commas"
    )
    trusted_proxies: Networks = Field(
        (), description="addresses or networks of proxies whose X-Forwarded-For is trusted, separated by commas"
    )

    @property
    def address_base(self) -> str:
        """Returns what addresses in answers begin with. Empty unless `public_url` is set: they are relative then, and
        right at whatever address a client has reached the server.
        """
        return self.public_url if "public_url" in self.model_fields_set else ""

    russian: ClassVar[Mapping[str, str]] = {
        "environment": "поведение приложения (перезапуск при изменениях, отказ от слабых секретов, "
        "демонстрационные данные): PROD, DEV или LOCAL",
        "mode": "что раскрывает API (подробности ошибок, документация): PROD, DEV или LOCAL; по умолчанию — как "
        "ENVIRONMENT",
        "background": "запускать в этом процессе подписчиков и фоновые задачи; `python manage.py worker` "
        "запускает только их",
        "title": "название API в документации",
        "host": "адрес, на котором сервер принимает соединения; в контейнере 0.0.0.0",
        "service_port": "порт",
        "contact_name": "контактное лицо: имя в документации",
        "contact_email": "контактное лицо: адрес почты",
        "version": "версия в документации и в `/healthcheck`",
        "prefix": "общее начало путей всех модулей",
        "public_url": "адрес сервера для пользователей: с ним работают ссылки в письмах, вход через провайдеров и "
        "ключи доступа; без него — localhost и порт API_SERVICE_PORT. Если он задан, с него начинаются и адреса "
        "файлов, иначе они относительные",
        "ui_enable": "отдавать по адресу /ui небольшой клиент для знакомства с сервером",
        "workers": "число рабочих процессов; если больше одного, перезапуск при изменениях отключён",
        "reload": "перезапуск при изменении файла в app/; в PROD выключен",
        "cors_origins": "источники (origin), с которых разрешены вызовы из браузера, через запятую",
        "trusted_proxies": "адреса или сети прокси, чьему X-Forwarded-For доверяет сервер, через запятую",
    }

    @model_validator(mode="after")
    def _complete(self) -> Self:
        # The model is frozen, but its own validator may complete it.
        if "mode" not in self.model_fields_set:
            object.__setattr__(self, "mode", self.environment)
        if "public_url" not in self.model_fields_set:
            object.__setattr__(self, "public_url", f"http://localhost:{self.service_port}")
        return self

    @property
    def reloads(self) -> bool:
        """True if the server restarts when a source file changes."""
        return self.reload and self.workers == 1 and self.environment is not Mode.PROD
