"""Creates and drops databases, through a connection to the database `postgres` of the same server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection

# The column of a provider's own locale has another name in each version.
_CREATE_LIKE = """
SELECT format('CREATE DATABASE %I TEMPLATE template0 ENCODING %L', $2::text, 'UTF8') || coalesce((
    SELECT format(' LC_COLLATE %L LC_CTYPE %L', datcollate, datctype) || CASE datlocprovider
        WHEN 'i' THEN format(' LOCALE_PROVIDER icu ICU_LOCALE %L', own.locale)
        WHEN 'b' THEN format(' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L', own.locale)
        ELSE ' LOCALE_PROVIDER libc'
    END
    FROM pg_database d, coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS own(locale)
    WHERE datname = $1
), '')
"""


@asynccontextmanager
async def connected(address: DatabaseAddress) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(**address.connect_arguments())
    try:
        yield connection
    finally:
        await connection.close()


async def create_database(address: DatabaseAddress) -> bool:
    """Creates the database if it is missing. Returns True if it was."""
    try:
        async with connected(address):
            return False
    except asyncpg.InvalidCatalogNameError:
        await create_like(address, address)
        return True


async def create_like(new: DatabaseAddress, old: DatabaseAddress) -> None:
    """Creates a database with the locale of another one on the same server, or the server's if that does not exist."""
    async with connected(new.with_database("postgres")) as maintenance:
        statement = await maintenance.fetchval(_CREATE_LIKE, old.database, new.database)
        await maintenance.execute(statement)


async def drop_database(address: DatabaseAddress) -> None:
    async with connected(address.with_database("postgres")) as maintenance:
        await maintenance.execute(f"DROP DATABASE IF EXISTS {quote(address.database)} WITH (FORCE)")


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
