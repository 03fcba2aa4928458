"""The base of all groups of settings. A value comes from the environment, then from `.env`, then from its default."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from app.settings.file import ENCODING, ID, id_pattern

PROJECT_ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def without_environment() -> Iterator[None]:
    """Hides the variables of the environment inside the block: settings that are read there have their defaults."""
    variables = dict(os.environ)
    os.environ.clear()
    try:
        yield
    finally:
        os.environ.update(variables)


class Variable(NamedTuple):
    """A variable of a group: its name, the field that describes it, and the field's name."""

    name: str
    field: FieldInfo
    field_name: str


class SettingsGroup(BaseSettings):
    """One group of variables. Each field's description is its line in `.env.example` and in the README.

    `russian` has the descriptions for README.ru.md by the names of the fields.

    With `repeated`, a group describes any number of things of one kind by the variables `PREFIX_<ID>_FIELD`. `repeated`
    is the name of a field `Mapping[str, Model]`: it gets a Model by each id, in lower case.
    """

    russian: ClassVar[Mapping[str, str]] = {}
    repeated: ClassVar[tuple[str, type[BaseModel]] | None] = None

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        # In compose files and shells an empty variable means "not set".
        env_ignore_empty=True,
        env_file_encoding=ENCODING,
    )

    @classmethod
    def variables(cls) -> Iterator[Variable]:
        """Yields all variables of the group. The names of repeated ones contain `<ID>`."""
        prefix = cls.model_config.get("env_prefix", "")
        for name, field in cls.model_fields.items():
            if cls.repeated is not None and name == cls.repeated[0]:
                for part, of_part in cls.repeated[1].model_fields.items():
                    yield Variable(f"{prefix}{ID}_{part.upper()}", of_part, part)
            else:
                alias = field.validation_alias
                yield Variable(alias if isinstance(alias, str) else f"{prefix}{name}".upper(), field, name)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        if isinstance(dotenv_settings, EnvSettingsSource):
            empty = {name.upper() for name, value in os.environ.items() if not value}
            lines = dotenv_settings.env_vars.items()
            # Else an empty variable would leave the line of the file in force.
            dotenv_settings.env_vars = {name: value for name, value in lines if name.upper() not in empty}
        sources = (init_settings, env_settings, dotenv_settings, file_secret_settings)
        return sources if cls.repeated is None else (init_settings, _Repeated(cls, env_settings, dotenv_settings))

    def problems_in_production(self) -> Iterator[str]:
        """Yields a line for each value that ENVIRONMENT=PROD refuses: the name of the variable, and why."""
        yield from ()


class _Repeated(PydanticBaseSettingsSource):
    """Reads all fields of a group with `repeated`, from the environment and then from `.env`."""

    def __init__(self, group: type[SettingsGroup], *sources: PydanticBaseSettingsSource) -> None:
        super().__init__(group)
        self._group = group
        self._variables: dict[str, str | None] = {}
        for source in reversed(sources):
            if isinstance(source, EnvSettingsSource):
                self._variables |= {name.upper(): value for name, value in source.env_vars.items()}

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError("all fields are read at once")

    def __call__(self) -> dict[str, Any]:
        things: defaultdict[str, dict[str, str]] = defaultdict(dict)
        values: dict[str, Any] = {}
        for variable in self._group.variables():
            for name, value in self._variables.items():
                found = id_pattern(variable.name).fullmatch(name)
                if found is None or not value:
                    continue
                if found.re.groups:
                    things[found[1].lower()][variable.field_name] = value
                else:
                    values[variable.field_name] = value
        if self._group.repeated is not None and things:
            values[self._group.repeated[0]] = dict(things)
        return values


def split_url(value: str) -> SplitResult | None:
    """Returns the parts of a URL. None if it is malformed, or its port is no number from 1 to 65535."""
    try:
        url = urlsplit(value)
        return url if url.port != 0 else None
    except ValueError:
        return None


def check_host(value: str) -> str:
    """Returns the name or address of a host. Raises ValueError if no system could look it up."""
    try:
        value.encode("idna")
    except UnicodeError:
        raise ValueError(f"{value!r} is no host: between two dots are 1 to 63 characters") from None
    return value


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
