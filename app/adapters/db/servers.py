"""The configured database server: the one in `PG_SERVER_*`, or the embedded one, started if it does not run yet."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.any_server import connect_for_command
from app.adapters.db.diagnosis import DatabaseNotReady, explain_driver_errors
from app.adapters.db.embedded import EmbeddedPostgres
from app.adapters.db.migrations.heads import is_current
from app.settings.db_settings import DbSettings, Pooler

_DIRECTLY = "set PG_SERVER_ADDRESS and PG_SERVER_PORT to those of PostgreSQL, and PG_POOLER=none"


def own_server_address(settings: DbSettings) -> DatabaseAddress:
    """Returns the address in `PG_SERVER_*`."""
    return DatabaseAddress(
        host=settings.server_address or "",
        port=settings.server_port,
        user=settings.server_login,
        password=settings.server_passwd.get_secret_value(),
        database=settings.server_db,
        pooler=settings.pooler,
    )


def replica_addresses(settings: DbSettings) -> list[DatabaseAddress]:
    """Returns the addresses in `PG_REPLICA_ADDRESSES`."""
    if settings.replica_addresses is None:
        return []
    # The PgBouncer that gives settings to shared connections is in front of the primary only.
    pooler = Pooler.NONE if settings.pooler is Pooler.TRANSACTION else settings.pooler
    return replace(own_server_address(settings), host=settings.replica_addresses, pooler=pooler).servers


def embedded_server(settings: DbSettings, options: Mapping[str, str] | None = None) -> EmbeddedPostgres:
    return EmbeddedPostgres(settings.embedded_data_path, database=settings.server_db, options=options)


@contextmanager
def database_server(settings: DbSettings, *, may_start: bool = True) -> Iterator[DatabaseAddress]:
    """Yields the address of a running server, or starts the embedded one for the time of the block. For commands.

    One that runs for long may not start it: the server could not start meanwhile. Raises EmbeddedPostgresError, and
    DatabaseNotReady if it may not, and for any error of the driver in the block.
    """
    with ExitStack() as stack:
        if not settings.is_embedded:
            address = own_server_address(settings)
        else:
            running = EmbeddedPostgres.running(settings.embedded_data_path, database=settings.server_db)
            if running is None and not may_start:
                raise DatabaseNotReady("the embedded PostgreSQL does not run: start the server first")
            address = running or stack.enter_context(embedded_server(settings)).address
        with explain_driver_errors(address):
            yield address


@contextmanager
def direct_server(settings: DbSettings) -> Iterator[DatabaseAddress]:
    """Like `database_server`, for a command that changes settings of its session, or holds a lock in it.

    Raises DatabaseNotReady if processes share the connection: they would get it with these settings and locks.
    """
    if settings.pooler is Pooler.TRANSACTION:
        raise DatabaseNotReady(f"PG_POOLER=transaction: this command needs a direct connection; {_DIRECTLY}")
    with database_server(settings) as address:
        yield address


def is_migrated(address: DatabaseAddress) -> bool:
    """Returns True if the database has the newest migrations of this code. Raises DatabaseIsNewer."""

    async def read() -> bool:
        connection = await connect_for_command(address)
        try:
            return await is_current(connection)
        finally:
            await connection.close()

    return asyncio.run(read())


def require_migrated(address: DatabaseAddress) -> None:
    """Raises DatabaseNotReady if the database lacks migrations, and DatabaseIsNewer."""
    if not is_migrated(address):
        raise DatabaseNotReady(f"database {address.database} is not migrated: run `python manage.py db migrate`")


def needs_migrations(address: DatabaseAddress) -> bool:
    """Returns True if the database lacks migrations and can get them over this connection.

    Raises DatabaseNotReady if processes share the connection: the lock of migrations belongs to a session. Raises
    DatabaseIsNewer.
    """
    if is_migrated(address):
        return False
    if address.pooler is Pooler.TRANSACTION:
        raise DatabaseNotReady(
            f"database {address.database} is not migrated: run `python manage.py db migrate`; for it {_DIRECTLY}"
        )
    return True
