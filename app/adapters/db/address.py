"""The address of a PostgreSQL database."""

from dataclasses import dataclass, field, replace
from typing import Any

from app.settings.db_settings import Pooler, split_servers

WRITABLE = "read-write"
"""The value of `target_session_attrs` that refuses standbys, and servers that were made read-only."""
KEEPALIVES = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}
"""Settings of PostgreSQL, with which the connections of a machine that has vanished end after a minute, not after two
hours. Until then they keep their locks and places."""


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """What a client needs to connect. A `host` that begins with a slash is the folder of a Unix socket.

    `host` may be a list with commas, as in `PG_SERVER_ADDRESS`: the servers of one cluster. One of them accepts
    writes.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    pooler: Pooler = Pooler.NONE

    def with_database(self, database: str) -> "DatabaseAddress":
        """Returns the address of another database on the same server."""
        return replace(self, database=database)

    @property
    def servers(self) -> list["DatabaseAddress"]:
        """The address of each server."""
        return [replace(self, host=host, port=port) for host, port in self._split()]

    def _split(self) -> list[tuple[str, int]]:
        # Without an address: the embedded server does not run yet.
        return split_servers(self.host, self.port) if self.host else [(self.host, self.port)]

    def __str__(self) -> str:
        return ", ".join(
            server.host if server.host.startswith("/") else f"{server.host}:{server.port}" for server in self.servers
        )

    def variables(self) -> dict[str, str]:
        """Returns the settings of a process that connects to it."""
        return {
            "PG_SERVER_ADDRESS": self.host,
            "PG_SERVER_PORT": str(self.port),
            "PG_SERVER_LOGIN": self.user,
            "PG_SERVER_PASSWD": self.password,
            "PG_SERVER_DB": self.database,
        }

    def connect_arguments(self) -> dict[str, Any]:
        """Returns the arguments of `asyncpg.connect`. Of several servers it uses the first one that accepts writes.

        With an empty password asyncpg uses what the system offers: peer authentication, .pgpass, the environment.
        """
        servers = self._split()
        where: dict[str, Any] = {"host": servers[0][0], "port": servers[0][1]}
        if len(servers) > 1:
            hosts, ports = zip(*servers, strict=True)
            where = {"host": list(hosts), "port": list(ports), "target_session_attrs": WRITABLE}
        if self.pooler is Pooler.TRANSACTION:
            # The next statement may be executed by a connection that does not know the prepared statement.
            where["statement_cache_size"] = 0
        return where | {
            "user": self.user,
            "password": self.password or None,
            "database": self.database,
        }
