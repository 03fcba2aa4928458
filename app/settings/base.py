"""How a group of settings is read: from the environment, then from `.env`, then its default."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.settings.file import ENCODING

PROJECT_ROOT = Path(__file__).resolve().parents[2]


class SettingsGroup(BaseSettings):
    """One group of variables. Each field's description is its line in `.env.example`."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        # An empty variable is how compose files and shells say "not set".
        env_ignore_empty=True,
        env_file_encoding=ENCODING,
        hide_input_in_errors=False,
    )


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""A list written with commas: `a, b`."""
