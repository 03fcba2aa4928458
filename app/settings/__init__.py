"""Settings: every variable that the server reads, in one object.

Only `load_settings()` reads the environment and `.env`; other code receives its group. `app.utils.own_settings` knows
the groups of the modules and passes them to it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from app.settings.app_settings import AppSettings, EnvironmentSettings, Mode
from app.settings.auth_settings import AuthSettings
from app.settings.base import PROJECT_ROOT, SettingsGroup, without_environment
from app.settings.db_settings import DbSettings, Pooler
from app.settings.egress_settings import EgressSettings
from app.settings.file import ID, UnreadableFile, find_replaced_values, find_unknown_names, read_problems
from app.settings.limits_settings import LimitsSettings
from app.settings.log import LogSettings
from app.settings.modules_settings import ModulesSettings
from app.settings.sizes_settings import SizesSettings
from app.settings.streams_settings import BusDriver, StreamsSettings
from app.settings.tracing_settings import TracingSettings

__all__ = [
    "CORE_GROUPS",
    "ENV_FILE",
    "PROJECT_ROOT",
    "Mode",
    "Settings",
    "SettingsError",
    "SettingsGroup",
    "known_variables",
    "load_settings",
    "unknown_variables",
    "with_own",
    "without_environment",
]

ENV_FILE = PROJECT_ROOT / ".env"

Group = TypeVar("Group", bound=SettingsGroup)


class SettingsError(Exception):
    """Settings are missing or wrong. Each of the `problems` is one line with the name and the allowed values."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All groups of settings. Immutable; `dataclasses.replace` returns a variant.

    `own` has the groups of the modules by their type. A missing one is read from the environment and `env_file` when
    the application is built.
    """

    app: AppSettings
    db: DbSettings
    log: LogSettings
    modules: ModulesSettings
    auth: AuthSettings
    streams: StreamsSettings
    limits: LimitsSettings
    sizes: SizesSettings
    egress: EgressSettings
    tracing: TracingSettings
    own: Mapping[type[SettingsGroup], SettingsGroup] = field(default_factory=dict, hash=False)
    env_file: Path | None = field(default=None, compare=False)

    def of(self, kind: type[Group]) -> Group:
        """Returns this group of a module."""
        return cast("Group", self.own[kind])


CORE_GROUPS: Mapping[str, type[SettingsGroup]] = {
    field.name: field.type
    for field in fields(Settings)
    if isinstance(field.type, type) and issubclass(field.type, SettingsGroup)
}
"""The groups of the core by their names in `Settings`."""


def known_variables(own: Iterable[type[SettingsGroup]]) -> frozenset[str]:
    """Returns the names of all settings of the core, and of these groups. Those of repeated ones contain `<ID>`."""
    return frozenset(variable.name for group in (*CORE_GROUPS.values(), *own) for variable in group.variables())


def load_settings(
    env_file: Path | None = ENV_FILE,
    own: Callable[[ModulesSettings], Iterable[type[SettingsGroup]]] = lambda modules: (),
) -> Settings:
    """Reads the environment, then `env_file`, then the defaults.

    `own` returns the groups of the modules that the settings enable. Raises SettingsError with all problems.
    """
    try:
        problems = read_problems(env_file) if env_file else []
    except UnreadableFile as error:
        raise SettingsError([str(error)]) from None
    read: dict[type[SettingsGroup], SettingsGroup] = {}
    of_modules: tuple[type[SettingsGroup], ...] = ()
    problems += _read(CORE_GROUPS.values(), env_file, read)
    modules = read.get(ModulesSettings)
    if isinstance(modules, ModulesSettings):
        of_modules = tuple(dict.fromkeys(own(modules)))
        problems += _read(of_modules, env_file, read)
    problems += _declared_twice((*CORE_GROUPS.values(), *of_modules))
    problems += _conflicts(read)
    problems += _production_problems(read.values(), _environment(env_file))
    if problems:
        raise SettingsError(problems)
    core: dict[str, Any] = {name: read[kind] for name, kind in CORE_GROUPS.items()}
    return Settings(**core, own={kind: read[kind] for kind in of_modules}, env_file=env_file)


def with_own(settings: Settings, groups: Iterable[type[SettingsGroup]]) -> Settings:
    """Returns the settings with exactly these groups in `own`. Reads missing groups as `load_settings` does.

    Raises SettingsError with all problems of the groups that it read.
    """
    groups = tuple(dict.fromkeys(groups))
    read: dict[type[SettingsGroup], SettingsGroup] = {}
    problems = list(_declared_twice((*CORE_GROUPS.values(), *groups)))
    problems += _read([kind for kind in groups if kind not in settings.own], settings.env_file, read)
    problems += _production_problems(read.values(), settings.app.environment)
    if problems:
        raise SettingsError(problems)
    return replace(settings, own={kind: read.get(kind) or settings.own[kind] for kind in groups})


def unknown_variables(env_file: Path | None = ENV_FILE, own: Iterable[type[SettingsGroup]] = ()) -> list[str]:
    """Returns a line for each variable that looks like a misspelt setting, with the name that was probably meant."""
    return list(find_unknown_names(known_variables(own), env_file))


def _read(
    groups: Collection[type[SettingsGroup]],
    env_file: Path | None,
    read: dict[type[SettingsGroup], SettingsGroup],
) -> Iterator[str]:
    """Adds the groups to `read`, or yields their problems."""
    if env_file and groups:
        yield from find_replaced_values((variable.name for group in groups for variable in group.variables()), env_file)
    for group in groups:
        try:
            read[group] = group(_env_file=env_file)
        except ValidationError as error:
            yield from _explain(group, error)


def _explain(group: type[SettingsGroup], error: ValidationError) -> Iterator[str]:
    """Yields a line for each wrong field. pydantic's message says what is allowed. A secret value is not shown."""
    by_name = {variable.name: variable for variable in group.variables()}
    for wrong in error.errors():
        name, template = _variable_of(group, wrong["loc"])
        allowed = wrong["msg"].removeprefix("Value error, ")
        variable = by_name.get(template)
        if variable is None:
            yield f"{name or group.__name__}: {allowed}"
            continue
        is_secret = "Secret" in str(variable.field.annotation)
        # The error for a missing setting contains the whole input, which may have the secrets of other fields.
        shown = "" if is_secret or wrong["type"] == "missing" else f" {wrong['input']!r} is not allowed:"
        yield f"{name}:{shown} {allowed[:1].lower()}{allowed[1:]} ({variable.field.description})"


def _variable_of(group: type[SettingsGroup], loc: tuple[int | str, ...]) -> tuple[str, str]:
    """Returns the name of the variable that an error is about, and its name in `SettingsGroup.variables`."""
    prefix, parts = group.model_config.get("env_prefix", ""), [str(part) for part in loc]
    if group.repeated is not None and parts[:1] == [group.repeated[0]] and len(parts) > 2:
        return f"{prefix}{parts[1]}_{parts[2]}".upper(), f"{prefix}{ID}_{parts[2].upper()}"
    field = parts[0] if parts else ""
    names = {variable.field_name: variable.name for variable in group.variables()}
    return (name := names.get(field, field.upper() if field.upper() in names.values() else field)), name


def _declared_twice(groups: Iterable[type[SettingsGroup]]) -> Iterator[str]:
    owners: defaultdict[str, list[str]] = defaultdict(list)
    for group in groups:
        for declared in group.variables():
            owners[declared.name].append(f"{group.__module__}.{group.__qualname__}")
    for variable, named in owners.items():
        if len(named) > 1:
            yield f"{variable}: {' and '.join(named)} both declare this setting"


def _conflicts(read: Mapping[type[SettingsGroup], SettingsGroup]) -> Iterator[str]:
    """Yields the problems of settings of two groups that exclude each other, for the groups that could be read."""
    db, streams = read.get(DbSettings), read.get(StreamsSettings)
    is_pooled = isinstance(db, DbSettings) and db.pooler is Pooler.TRANSACTION
    if is_pooled and isinstance(streams, StreamsSettings) and streams.bus_driver is BusDriver.POSTGRES:
        yield "BUS_DRIVER: must be nats with PG_POOLER=transaction, which loses the notifications of PostgreSQL"


def _environment(env_file: Path | None) -> Mode | None:
    try:
        return EnvironmentSettings(_env_file=env_file).environment
    except ValidationError:
        return None


def _production_problems(groups: Iterable[SettingsGroup], environment: Mode | None) -> Iterator[str]:
    """Yields the problems that only ENVIRONMENT=PROD refuses, for the groups that could be read."""
    if environment is Mode.PROD:
        for group in groups:
            yield from group.problems_in_production()
