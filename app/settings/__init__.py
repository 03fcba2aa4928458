"""Settings: every variable that the server reads, in one object.

`load_settings()` is the only place that reads the environment and `.env`; everything else is handed its group.
"""

from dataclasses import dataclass, fields
from pathlib import Path

from pydantic import ValidationError

from app.settings.app_settings import AppSettings, Mode
from app.settings.auth_settings import AuthSettings
from app.settings.base import PROJECT_ROOT, SettingsGroup
from app.settings.db_settings import DbSettings
from app.settings.limits_settings import LimitsSettings
from app.settings.log import LogSettings
from app.settings.modules_settings import ModulesSettings
from app.settings.sizes_settings import SizesSettings
from app.settings.streams_settings import StreamsSettings

__all__ = ["PROJECT_ROOT", "Mode", "Settings", "SettingsError", "load_settings", "variable_name"]

_SHORTEST_SECRET = 32
_KNOWN_PASSWORDS = {"", "postgres", "password", "messenger", "changeme", "secret", "admin"}


class SettingsError(Exception):
    """A variable is missing or wrong. The message is one line: its name, and what is allowed."""


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


def load_settings(env_file: Path | None = PROJECT_ROOT / ".env") -> Settings:
    """Reads the environment, then `env_file`, then the defaults.

    Raises SettingsError, in one line, for the first variable that is not allowed.
    """
    groups: dict[str, SettingsGroup] = {}
    for field in fields(Settings):
        group = field.type
        assert isinstance(group, type)  # noqa: S101 - this module does not postpone its annotations
        try:
            groups[field.name] = group(_env_file=env_file)
        except ValidationError as error:
            raise SettingsError(_explain(group, error)) from None
    settings = Settings(**groups)  # type: ignore[arg-type]
    if settings.app.environment is Mode.PROD:
        _check_production(settings)
    return settings


def _explain(group: type[SettingsGroup], error: ValidationError) -> str:
    """One line for a person; pydantic's own message says what is allowed, and a secret is not repeated."""
    first = error.errors()[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    by_variable = {variable_name(group, name): name for name in group.model_fields}
    name = by_variable.get(field.upper(), field)
    if name not in group.model_fields:
        return f"{field}: {first['msg']}"
    variable = variable_name(group, name)
    allowed = first["msg"].removeprefix("Value error, ")
    shown = "" if "Secret" in str(group.model_fields[name].annotation) else f" {first['input']!r} is not allowed:"
    return f"{variable}:{shown} {allowed[:1].lower()}{allowed[1:]} ({group.model_fields[name].description})"


def _check_production(settings: Settings) -> None:
    secret = settings.auth.secret.get_secret_value() if settings.auth.secret else ""
    if len(secret.encode()) < _SHORTEST_SECRET or len(set(secret)) < 8:
        raise SettingsError(
            f"AUTH_SECRET: ENVIRONMENT=PROD wants a random secret of {_SHORTEST_SECRET} bytes or more, "
            "as `openssl rand -base64 48` prints one"
        )
    if not settings.db.is_embedded and settings.db.server_passwd.get_secret_value().lower() in _KNOWN_PASSWORDS:
        # A socket folder may sign in by the system's own user, with no password at all.
        if settings.db.server_address and settings.db.server_address.startswith("/"):
            return
        raise SettingsError("PG_SERVER_PASSWD: ENVIRONMENT=PROD refuses an empty or default password")
