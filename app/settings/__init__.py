"""Settings: every variable that the server reads, in one object.

`load_settings()` is the only place that reads the environment and `.env`; everything else is handed its group.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from pydantic import ValidationError

from app.settings.app_settings import AppSettings, EnvironmentSettings, Mode
from app.settings.auth_settings import AuthSettings
from app.settings.base import PROJECT_ROOT, SettingsGroup
from app.settings.db_settings import DbSettings
from app.settings.file import UnreadableFile, find_unknown_names, read_problems
from app.settings.limits_settings import LimitsSettings
from app.settings.log import LogSettings
from app.settings.modules_settings import ModulesSettings
from app.settings.sizes_settings import SizesSettings
from app.settings.streams_settings import StreamsSettings

__all__ = [
    "PROJECT_ROOT",
    "Mode",
    "Settings",
    "SettingsError",
    "known_variables",
    "load_settings",
    "unknown_variables",
    "variable_name",
]

ENV_FILE = PROJECT_ROOT / ".env"

_SHORTEST_SECRET = 32
_KNOWN_PASSWORDS = {"", "postgres", "password", "messenger", "changeme", "secret", "admin"}


class SettingsError(Exception):
    """Settings are missing or wrong. Each of the `problems` is one line: the name, and what is allowed."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All groups. Immutable; `dataclasses.replace` makes a variant."""

    app: AppSettings
    db: DbSettings
    log: LogSettings
    modules: ModulesSettings
    auth: AuthSettings
    streams: StreamsSettings
    limits: LimitsSettings
    sizes: SizesSettings


def variable_name(group: type[SettingsGroup], field: str) -> str:
    """The environment variable that a field is read from."""
    alias = group.model_fields[field].validation_alias
    if isinstance(alias, str):
        return alias
    return f"{group.model_config.get('env_prefix', '')}{field}".upper()


def known_variables() -> frozenset[str]:
    """The names of all settings."""
    groups = [field.type for field in fields(Settings)]
    return frozenset(
        variable_name(group, name)
        for group in groups
        if isinstance(group, type) and issubclass(group, SettingsGroup)
        for name in group.model_fields
    )


def load_settings(env_file: Path | None = ENV_FILE) -> Settings:
    """Reads the environment, then `env_file`, then the defaults.

    Raises SettingsError with all that is wrong.
    """
    try:
        problems = read_problems(env_file) if env_file else []
    except UnreadableFile as error:
        raise SettingsError([str(error)]) from None
    groups: dict[str, SettingsGroup] = {}
    for field in fields(Settings):
        group = field.type
        assert isinstance(group, type)  # noqa: S101 - this module does not postpone its annotations
        try:
            groups[field.name] = group(_env_file=env_file)
        except ValidationError as error:
            problems += _explain(group, error)
    problems += _production_problems(groups, env_file)
    if problems:
        raise SettingsError(problems)
    return Settings(**groups)  # type: ignore[arg-type]


def unknown_variables(env_file: Path | None = ENV_FILE) -> list[str]:
    """A line for each variable that looks like a misspelt setting, with the name that was probably meant."""
    return list(find_unknown_names(known_variables(), env_file))


def _explain(group: type[SettingsGroup], error: ValidationError) -> Iterator[str]:
    """A line for each wrong field; pydantic's own message says what is allowed, and a secret is not repeated."""
    by_variable = {variable_name(group, name): name for name in group.model_fields}
    for wrong in error.errors():
        field = str(wrong["loc"][0]) if wrong["loc"] else ""
        name = by_variable.get(field.upper(), field)
        if name not in group.model_fields:
            yield f"{field}: {wrong['msg']}"
            continue
        variable = variable_name(group, name)
        allowed = wrong["msg"].removeprefix("Value error, ")
        shown = "" if "Secret" in str(group.model_fields[name].annotation) else f" {wrong['input']!r} is not allowed:"
        yield f"{variable}:{shown} {allowed[:1].lower()}{allowed[1:]} ({group.model_fields[name].description})"


def _production_problems(groups: dict[str, SettingsGroup], env_file: Path | None) -> Iterator[str]:
    """What only ENVIRONMENT=PROD refuses, in those groups that could be read."""
    try:
        environment = EnvironmentSettings(_env_file=env_file).environment
    except ValidationError:
        return
    if environment is not Mode.PROD:
        return
    auth, db = groups.get("auth"), groups.get("db")
    if isinstance(auth, AuthSettings):
        secret = auth.secret.get_secret_value() if auth.secret else ""
        if len(secret.encode()) < _SHORTEST_SECRET or len(set(secret)) < 8:
            yield (
                f"AUTH_SECRET: ENVIRONMENT=PROD wants a random secret of {_SHORTEST_SECRET} bytes or more, "
                "as `openssl rand -base64 48` prints one"
            )
    # Through the folder of a socket the system's own user may sign in, with no password at all.
    if (
        isinstance(db, DbSettings)
        and db.server_address
        and not db.server_address.startswith("/")
        and db.server_passwd.get_secret_value().lower() in _KNOWN_PASSWORDS
    ):
        yield "PG_SERVER_PASSWD: ENVIRONMENT=PROD refuses an empty or default password"
