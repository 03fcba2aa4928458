"""Where a PostgreSQL database is found."""

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """All that a client needs to connect. A `host` that begins with a slash is the folder of a Unix socket."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str

    def with_database(self, database: str) -> "DatabaseAddress":
        """Another database of the same server."""
        return replace(self, database=database)

    def connect_arguments(self) -> dict[str, Any]:
        """As asyncpg names them. An empty password leaves the choice to the system: peer, .pgpass, the environment."""
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password or None,
            "database": self.database,
        }
