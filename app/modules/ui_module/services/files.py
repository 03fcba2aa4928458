"""The files of the page."""

from collections.abc import Iterable
from dataclasses import replace
from html import escape
from pathlib import Path

from app.services.static_files import StaticFile, read_static_file

FOLDER = Path(__file__).parents[1] / "static"
INDEX = "index.html"


def read_file(name: str, api_prefix: str, modules: Iterable[str]) -> StaticFile:
    """Returns a file of the page by its path below `/ui/`. Raises NotFound and Unavailable.

    The page offers what the given modules can do.
    """
    file = read_static_file(FOLDER, name)
    if name != INDEX:
        return file
    body = file.body.replace(b"%API_PREFIX%", escape(api_prefix).encode())
    return replace(file, body=body.replace(b"%MODULES%", escape(" ".join(modules)).encode()))
