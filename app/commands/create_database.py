"""Creates and drops databases, through a connection to the database `postgres` of the same server."""

import asyncpg

from app.adapters.db.address import DatabaseAddress


async def create_database(address: DatabaseAddress) -> bool:
    """Creates the database if it is missing. Returns True if it was."""
    try:
        connection = await asyncpg.connect(**address.connect_arguments())
    except asyncpg.InvalidCatalogNameError:
        maintenance = await asyncpg.connect(**address.with_database("postgres").connect_arguments())
        try:
            await maintenance.execute(f"CREATE DATABASE {quote(address.database)} TEMPLATE template0 ENCODING 'UTF8'")
        finally:
            await maintenance.close()
        return True
    await connection.close()
    return False


async def drop_database(address: DatabaseAddress) -> None:
    maintenance = await asyncpg.connect(**address.with_database("postgres").connect_arguments())
    try:
        await maintenance.execute(f"DROP DATABASE IF EXISTS {quote(address.database)} WITH (FORCE)")
    finally:
        await maintenance.close()


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
