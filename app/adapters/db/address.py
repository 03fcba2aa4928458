"""The address of a PostgreSQL database."""

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """What a client needs to connect. A `host` that begins with a slash is the folder of a Unix socket."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str

    def with_database(self, database: str) -> "DatabaseAddress":
        """Returns the address of another database on the same server."""
        return replace(self, database=database)

    def connect_arguments(self) -> dict[str, Any]:
        """Returns the arguments of `asyncpg.connect`.

        With an empty password asyncpg uses what the system offers: peer authentication, .pgpass, the environment.
        """
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password or None,
            "database": self.database,
        }
