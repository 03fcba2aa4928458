"""Settings of the database: a PostgreSQL server in `PG_SERVER_*`, or the embedded one."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from enum import StrEnum
from ipaddress import IPv6Address
from pathlib import Path
from typing import ClassVar

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from app.settings.base import PROJECT_ROOT, SettingsGroup, check_host

_SERVER = re.compile(r"(?P<folder>/.*)|\[(?P<ipv6>[^]]+)](:(?P<ipv6_port>\d+))?|(?P<host>[^:\s]+)(:(?P<port>\d+))?")
_KNOWN_PASSWORDS = {"", "postgres", "password", "messenger", "changeme", "secret", "admin"}


class Pooler(StrEnum):
    """What is between the server and PostgreSQL."""

    NONE = "none"
    SESSION = "session"
    TRANSACTION = "transaction"


def split_servers(addresses: str, port: int) -> list[tuple[str, int]]:
    """Returns host and port of each server of a list such as `a,b:5433,[::1]:5433,/run/postgresql`.

    `port` is that of the servers that name none. Raises ValueError.
    """
    return [_read_server(address.strip(), port) for address in addresses.split(",")]


def _read_server(address: str, port: int) -> tuple[str, int]:
    with suppress(ValueError):
        return str(IPv6Address(address)), port
    match = _SERVER.fullmatch(address)
    if match is None:
        raise ValueError(f"{address!r} is no host, host:port or folder of a Unix socket")
    own_port = int(match["port"] or match["ipv6_port"] or port)
    if not 1 <= own_port <= 65535:
        raise ValueError(f"{address!r}: a port is a number from 1 to 65535")
    return match["folder"] or match["ipv6"] or check_host(match["host"]), own_port


class DbSettings(SettingsGroup):
    """Variables `PG_*`."""

    model_config = SettingsConfigDict(env_prefix="PG_")

    server_address: str | None = Field(
        None,
        description="host of your PostgreSQL, or the folder of its Unix socket; when unset, the embedded "
        "PostgreSQL is used. Of several (`a,b:5433`) the one that accepts writes is used",
    )
    replica_addresses: str | None = Field(
        None,
        description="replicas of your PostgreSQL, `a,b:5433`: pages of messages, events and searches are read there if "
        "nothing is missing; port, role, password and database as for PG_SERVER_ADDRESS",
    )
    server_port: int = Field(5432, ge=1, le=65535, description="port of PostgreSQL")
    server_login: str = Field("postgres", min_length=1, description="PostgreSQL role")
    server_passwd: SecretStr = Field(SecretStr(""), description="password of the PostgreSQL role")
    server_db: str = Field("messenger", min_length=1, max_length=63, description="name of the database")
    pooler: Pooler = Field(
        Pooler.NONE,
        description="mode of the PgBouncer at PG_SERVER_ADDRESS: session or transaction; none without one",
    )
    embedded_data_dir: Path = Field(
        Path(".data/postgres"),
        description="data folder of the embedded PostgreSQL; a relative path starts at the project's folder",
    )
    pool_size: int = Field(
        10, ge=2, le=200, description="database connections per process for the most frequent requests"
    )
    session_pool_size: int = Field(
        5, ge=1, le=200, description="database connections per process for all other requests"
    )

    russian: ClassVar[Mapping[str, str]] = {
        "server_address": "адрес вашего PostgreSQL или папка его Unix-сокета; если не задан, работает встроенный "
        "PostgreSQL. Из нескольких (`a,b:5433`) выбирается тот, который принимает запись",
        "replica_addresses": "реплики вашего PostgreSQL, `a,b:5433`: страницы сообщений, событий и поиска читаются с "
        "них, если там есть всё нужное; порт, роль, пароль и база — как у PG_SERVER_ADDRESS",
        "server_port": "порт PostgreSQL",
        "server_login": "роль PostgreSQL",
        "server_passwd": "пароль роли PostgreSQL",
        "server_db": "имя базы данных",
        "pooler": "режим PgBouncer по адресу PG_SERVER_ADDRESS: session или transaction; none, если его нет",
        "embedded_data_dir": "папка данных встроенного PostgreSQL; относительный путь отсчитывается от папки проекта",
        "pool_size": "соединений с базой на процесс для самых частых запросов",
        "session_pool_size": "соединений с базой на процесс для остальных запросов",
    }

    @field_validator("server_address", "replica_addresses")
    @classmethod
    def _check_servers(cls, value: str | None) -> str | None:
        if value is not None:
            split_servers(value, 5432)
        return value

    @property
    def is_embedded(self) -> bool:
        """True if the embedded PostgreSQL is used."""
        return self.server_address is None

    @property
    def embedded_data_path(self) -> Path:
        """The absolute path of the embedded server's data folder."""
        return PROJECT_ROOT / self.embedded_data_dir

    def problems_in_production(self) -> Iterator[str]:
        # Through a Unix socket the system's own user may connect without a password.
        servers = split_servers(self.server_address, self.server_port) if self.server_address is not None else ()
        is_remote = any(not host.startswith("/") for host, _ in servers)
        if is_remote and self.server_passwd.get_secret_value().lower() in _KNOWN_PASSWORDS:
            yield "PG_SERVER_PASSWD: ENVIRONMENT=PROD refuses an empty or default password"
