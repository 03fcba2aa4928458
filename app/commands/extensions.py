"""Commands and documents of modules, in files `*commands.py` beside their manifests.

A Typer called `commands` adds commands to `manage.py`. `documents`, a mapping from paths to functions of Settings, adds
generated documents.
"""

from functools import cache
from importlib import import_module
from types import ModuleType

from app.resources.constants import MODULES_DIR


@cache
def command_files() -> tuple[ModuleType, ...]:
    """Imports and returns these files of all modules on disk."""
    files = sorted(MODULES_DIR.glob("*_module/*commands.py"))
    return tuple(import_module(f"app.modules.{file.parent.name}.{file.stem}") for file in files)
