"""Writes all settings as `.env.example` and as the tables of the READMEs, for `python manage.py docs`."""

from collections.abc import Iterable, Iterator
from enum import Enum

from pydantic import SecretStr
from pydantic_core import PydanticUndefinedType

from app.settings import CORE_GROUPS
from app.settings.base import SettingsGroup
from app.settings.file import ID

_HEAD = """\
# Every setting of the server with its default. Copy this file to .env and change what you need. An empty value means
# the default. An environment variable overrides its line in .env.
"""
_FOLLOWS = {"API_MODE": "ENVIRONMENT"}
"""Variables whose default is the value of another one. `.env.example` must not fix their value."""
_UNSET = {*_FOLLOWS, "API_PUBLIC_URL"}
"""Variables that act differently when they are set, even to their default."""


def describe_settings(own: Iterable[type[SettingsGroup]]) -> str:
    """Returns `.env.example`: the variables of the core and of the groups of modules, defaults and descriptions."""
    return _HEAD + "".join(f"\n{''.join(_describe(group))}" for group in (*CORE_GROUPS.values(), *own))


def tabulate_settings(own: Iterable[type[SettingsGroup]], *, in_russian: bool) -> str:
    """Returns the rows of a README's table. A description without a translation is in English."""
    return "".join(row for group in (*CORE_GROUPS.values(), *own) for row in _rows(group, in_russian=in_russian))


def _describe(group: type[SettingsGroup]) -> Iterator[str]:
    for variable, field, _ in group.variables():
        written = "" if variable in _UNSET else _write(field.default)
        value = f'"{written}"' if " " in written else written
        # The name of a repeated variable is none yet.
        comment = "# " if ID in variable else ""
        yield f"# {field.description}\n{comment}{variable}={value}\n"


def _rows(group: type[SettingsGroup], *, in_russian: bool) -> Iterator[str]:
    for variable, field, name in group.variables():
        description = (group.russian.get(name) if in_russian else None) or field.description or ""
        if variable in _FOLLOWS:
            default = f"{'как' if in_russian else 'as'} `{_FOLLOWS[variable]}`"
        else:
            written = _write(field.default)
            default = f"`{written}`" if written else ""
        yield f"| `{variable}` | {default} | {description.replace('|', chr(92) + '|')} |\n"


def _write(default: object) -> str:
    """Returns a default as it is written in `.env`; an empty text if there is none."""
    match default:
        case None | PydanticUndefinedType():
            return ""
        case bool():
            return str(default).lower()
        case Enum():
            return str(default.value)
        case SecretStr():
            return default.get_secret_value()
        case tuple():
            return ",".join(map(str, default))
    return str(default)
