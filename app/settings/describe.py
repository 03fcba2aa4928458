"""All settings as the text of `.env.example`: `python -m app.settings.describe > .env.example`."""

import sys
from collections.abc import Iterator
from dataclasses import fields
from enum import Enum

from pydantic import SecretStr

from app.settings import Settings, variable_name
from app.settings.base import SettingsGroup

_HEAD = """\
# Every setting of the server, with its default. Copy this file to .env and change what you like: an empty value is as
# good as none, and a variable of the environment comes before its line in .env.
"""
_FOLLOW_ANOTHER = {"API_MODE"}
"""Their default is another one's value: written down, it would no longer follow."""


def describe_settings() -> str:
    """Made from the settings classes: the variables, their defaults and their descriptions."""
    return _HEAD + "".join(f"\n{''.join(_describe(group))}" for group in _groups())


def _groups() -> Iterator[type[SettingsGroup]]:
    for field in fields(Settings):
        assert isinstance(field.type, type)  # noqa: S101 - they are classes, which dataclasses cannot know
        assert issubclass(field.type, SettingsGroup)  # noqa: S101
        yield field.type


def _describe(group: type[SettingsGroup]) -> Iterator[str]:
    for name, field in group.model_fields.items():
        variable = variable_name(group, name)
        value = "" if variable in _FOLLOW_ANOTHER else _write(field.default)
        yield f"# {field.description}\n{variable}={value}\n"


def _write(default: object) -> str:
    """A default as one would write it; nothing for what is not set."""
    match default:
        case None:
            return ""
        case bool():
            return str(default).lower()
        case Enum():
            return str(default.value)
        case SecretStr():
            return default.get_secret_value()
        case tuple():
            return ",".join(map(str, default))
    text = str(default)
    return f'"{text}"' if " " in text else text


if __name__ == "__main__":
    sys.stdout.write(describe_settings())
