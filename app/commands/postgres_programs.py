"""PostgreSQL's own programs, chosen for a server."""

import re
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import typer

from app.adapters.db.address import WRITABLE, DatabaseAddress
from app.adapters.db.embedded import EmbeddedPostgresError
from app.adapters.db.embedded.binaries import find_binaries
from app.adapters.db.embedded.process import clean_environment, client_environment
from app.commands.create_database import connected

_VERSION = re.compile(r"\) (\d+)")
_NEWEST = "--host=localhost"
"""An option that makes Debian's programs those of the newest version, not of the local server's."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Programs that are as new as a server, and connect to it as the driver does: with TLS, or without."""

    address: DatabaseAddress
    version: int
    tls: bool

    def find(self, name: str) -> Path:
        """Returns the path of the built-in program, which has no TLS, else of the system's. Raises BadParameter."""
        without_tls = ""
        with suppress(EmbeddedPostgresError):
            built_in = find_binaries() / name
            if _major_version(built_in) >= self.version:
                if not self.tls:
                    return built_in
                without_tls = "; or, if the network is safe, set PGSSLMODE=disable for this command"
        path = shutil.which(name)
        if path is not None and _major_version(Path(path)) >= self.version:
            return Path(path)
        tls = " with TLS" if self.tls else ""
        raise typer.BadParameter(
            f"PostgreSQL {self.version}{tls} needs the system's {name} {self.version} or newer: "
            f"apt-get install postgresql-client-{self.version}{without_tls}"
        )

    def pg_restore(self) -> list[str | Path]:
        """Returns a command without a connection: it only has to be as new as the pg_dump that wrote the file."""
        program = self.find("pg_restore")
        with suppress(EmbeddedPostgresError):
            program = max(program, find_binaries() / "pg_restore", key=_major_version)
        return [program, _NEWEST]

    def connection_arguments(self) -> list[str]:
        servers = self.address.servers
        return [
            f"--host={','.join(server.host for server in servers)}",
            f"--port={','.join(str(server.port) for server in servers)}",
            f"--username={self.address.user}",
            f"--dbname={self.address.database}",
            "--no-password",
        ]

    def environment(self) -> dict[str, str]:
        own = {"PGPASSWORD": self.address.password} if self.address.password else {}
        if len(self.address.servers) > 1:
            own["PGTARGETSESSIONATTRS"] = WRITABLE
        return client_environment(tls=self.tls) | own


async def programs_for(address: DatabaseAddress) -> Programs:
    """Returns the programs for a server, after a connection to it."""
    async with connected(address) as connection:
        # `pg_stat_ssl` would describe the connection of a pooler.
        transport = connection._transport  # type: ignore[attr-defined]  # noqa: SLF001 - ADR 20
        tls = transport.get_extra_info("ssl_object") is not None
        return Programs(address, connection.get_server_version().major, tls)


def _major_version(program: Path) -> int:
    printed = subprocess.run(  # noqa: S603 - PostgreSQL's own program, and no shell
        [program, "--version", _NEWEST], env=clean_environment(), capture_output=True, text=True, check=False
    ).stdout
    version = _VERSION.search(printed)
    return int(version[1]) if version else 0
