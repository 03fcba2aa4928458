"""The database that the settings name: one's own server, or the embedded one, started where it does not run yet."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import asyncpg

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.adapters.db.embedded import EmbeddedPostgres
from app.adapters.db.migrations.heads import known_heads
from app.settings.db_settings import DbSettings

T = TypeVar("T")


class DatabaseNotReady(Exception):
    """Nothing can be done with the database as it is. The message is one line."""


def own_server_address(settings: DbSettings) -> DatabaseAddress:
    """The address in `PG_SERVER_*`."""
    return DatabaseAddress(
        host=settings.server_address or "",
        port=settings.server_port,
        user=settings.server_login,
        password=settings.server_passwd.get_secret_value(),
        database=settings.server_db,
    )


def embedded_server(settings: DbSettings) -> EmbeddedPostgres:
    return EmbeddedPostgres(settings.embedded_data_path, database=settings.server_db)


@contextmanager
def database_server(settings: DbSettings) -> Iterator[DatabaseAddress]:
    """For a command: attaches to a server that runs, else starts the embedded one for the time of the block.

    Raises EmbeddedPostgresError, whose message is for a person.
    """
    if not settings.is_embedded:
        yield own_server_address(settings)
        return
    running = EmbeddedPostgres.running(settings.embedded_data_path, database=settings.server_db)
    if running is not None:
        yield running
        return
    with embedded_server(settings) as server:
        yield server.address


def run_on_database(settings: DbSettings, job: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
    """For a command: what `job` answers, run on the database that the settings name.

    Raises DatabaseNotReady where it is out of reach or not migrated, and EmbeddedPostgresError.
    """

    async def run(address: DatabaseAddress) -> T:
        async with Database(address).connected() as database:
            return await job(database)

    with database_server(settings) as address:
        try:
            ready = is_migrated(address)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise DatabaseNotReady(
                f"database {address.database} at {address.host} is out of reach: {error!r}"
            ) from error
        if not ready:
            raise DatabaseNotReady(f"database {address.database} is not migrated: run `python manage.py db migrate`")
        return asyncio.run(run(address))


def is_migrated(address: DatabaseAddress) -> bool:
    """Whether the tables are those that this code was written for."""

    async def read() -> bool:
        connection = await asyncpg.connect(**address.connect_arguments(), timeout=5)
        try:
            if not await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL"):
                return False
            rows = await connection.fetch("SELECT version_num FROM alembic_version")
            return known_heads() <= {row["version_num"] for row in rows}
        finally:
            await connection.close()

    return asyncio.run(read())
