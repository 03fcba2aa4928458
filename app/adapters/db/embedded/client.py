"""The supervisor's own requests to a server. They need no driver and no event loop."""

import socket
import subprocess
from pathlib import Path

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.embedded.errors import explain_output
from app.adapters.db.embedded.process import clean_environment

# In the database only fatal errors are logged: `log` is above `error`. Failed requests would fill the log.
_CREATE_DATABASE = """
SELECT format('CREATE DATABASE %I', :'name') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec
SELECT format('ALTER DATABASE %I SET log_min_messages = log', :'name') WHERE NOT pg_is_in_recovery() \\gexec
"""


def accepts_connections(host: str, port: int) -> bool:
    """Returns True if a server accepts connections at the Unix socket in the folder `host`."""
    try:
        with socket.socket(socket.AF_UNIX) as unix:
            unix.connect(f"{host}/.s.PGSQL.{port}")
    except OSError:
        return False
    return True


def ensure_database(address: DatabaseAddress, binaries: Path, folder: Path) -> None:
    """Creates the database of the address if it does not exist. Raises EmbeddedPostgresError."""
    done = subprocess.run(  # noqa: S603 - our own program, and no shell
        [
            *(binaries / "psql", "--no-psqlrc", "--quiet", "--no-password"),
            *(f"--host={address.host}", f"--port={address.port}", f"--username={address.user}", "--dbname=postgres"),
            *("--set=ON_ERROR_STOP=1", f"--set=name={address.database}"),
        ],
        input=_CREATE_DATABASE.encode(),
        capture_output=True,
        cwd=binaries,
        env=clean_environment() | {"PGPASSWORD": address.password},
        check=False,
    )
    if done.returncode != 0:
        raise explain_output(done.stderr.decode(errors="replace"), folder, f'create the database "{address.database}"')
