"""The base of all groups of settings. A value comes from the environment, then from `.env`, then from its default."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.settings.file import ENCODING

PROJECT_ROOT = Path(__file__).resolve().parents[2]


class SettingsGroup(BaseSettings):
    """One group of variables. Each field's description is its line in `.env.example` and in the README.

    `russian` has the descriptions for README.ru.md by the names of the fields.
    """

    russian: ClassVar[Mapping[str, str]] = {}

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        # In compose files and shells an empty variable means "not set".
        env_ignore_empty=True,
        env_file_encoding=ENCODING,
        hide_input_in_errors=False,
    )

    def problems_in_production(self) -> Iterator[str]:
        """Yields a line for each value that ENVIRONMENT=PROD refuses: the name of the variable, and why."""
        yield from ()


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""A list of names, written with commas: `a, b`."""


def _check_networks(value: tuple[str, ...]) -> tuple[str, ...]:
    for network in value:
        ip_network(network, strict=False)
    return value


Networks = Annotated[Names, AfterValidator(_check_networks)]
"""A list of IP addresses or networks, written with commas: `10.0.0.0/8, fd00::/8`."""
