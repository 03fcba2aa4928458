"""Databases for tests: cloned from a migrated one, emptied after each test, and reused by the next."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any, TypeAlias
from uuid import uuid4

import asyncpg

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.commands.create_database import connected
from app.utils.container import Container

_CATALOGUES = (
    "pg_class",
    "pg_attribute",
    "pg_attrdef",
    "pg_constraint",
    "pg_extension",
    "pg_index",
    "pg_namespace",
    "pg_proc",
    "pg_trigger",
    "pg_type",
)
_TABLES = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'public'"
_SETTINGS = """
SELECT 'settings', count(*), 0 FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase
WHERE datname = current_database()
"""
# The planner uses these sizes. An analysis that ran during the test has changed them.
_SIZES = "SELECT 'sizes', sum(relpages), sum(reltuples)::bigint FROM pg_class"
# Transactions of the test end before its rows are deleted, as if the database were dropped.
_END_OTHERS = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""

Snapshot: TypeAlias = list[asyncpg.Record]


async def execute(address: DatabaseAddress, statement: str, *arguments: Any) -> None:
    async with connected(address) as connection:
        await connection.execute(statement, *arguments)


async def fetch(address: DatabaseAddress, statement: str, *arguments: Any) -> list[asyncpg.Record]:
    async with connected(address) as connection:
        return list(await connection.fetch(statement, *arguments))


async def rows(container: Container, sql: str, *arguments: Any) -> list[Any]:
    """The rows that a statement returns in the application's database."""
    async with container.get(Database).connection() as connection:
        return list(await connection.fetch(sql, *arguments))


async def clone(template: DatabaseAddress) -> DatabaseAddress:
    """Create a database with all tables and no rows."""
    address = template.with_database(f"test_{uuid4().hex[:12]}")
    # A copy of the files takes a third of the time of a copy through the WAL.
    await execute(
        template.with_database("postgres"),
        f'CREATE DATABASE "{address.database}" TEMPLATE "{template.database}" STRATEGY FILE_COPY',
    )
    return address


async def drop(address: DatabaseAddress) -> None:
    await execute(address.with_database("postgres"), f'DROP DATABASE IF EXISTS "{address.database}" WITH (FORCE)')


class Databases:
    """Reuses databases: deleting a test's rows costs a fiftieth of a clone. If a test has changed more than rows, or
    has changed rows of a migration, its database is dropped, and the next test gets a clone."""

    def __init__(self, template: DatabaseAddress) -> None:
        self._template = template
        self._free: list[DatabaseAddress] = []
        self._as_new: dict[str, Snapshot] = {}
        self._empty: list[str] = []
        self._snapshot_query = ""

    @asynccontextmanager
    async def one(self) -> AsyncIterator[DatabaseAddress]:
        """A database for the time of the block. It cannot be distinguished from a new one."""
        address = self._free.pop() if self._free else await self.make()
        yield address
        if await self._is_emptied(address):
            self._free.append(address)
        else:
            await drop(address)

    async def make(self) -> DatabaseAddress:
        """Create a database that the caller drops."""
        address = await clone(self._template)
        connection = await asyncpg.connect(**address.connect_arguments())
        if not self._snapshot_query:
            await self._prepare(connection)
        self._as_new[address.database] = list(await connection.fetch(self._snapshot_query))
        await connection.close()
        return address

    async def delete_rows(
        self, connection: Connection, address: DatabaseAddress, *, but_for: Collection[str] = ()
    ) -> bool:
        """Deletes the rows of a test, `but_for` those of some tables. Returns True if the database is as it was when it
        was created."""
        tables = [table for table in self._empty if table not in but_for]
        # One statement: foreign keys are checked when all rows are gone.
        deletes = [f"_{number} AS (DELETE FROM {table})" for number, table in enumerate(tables)]  # noqa: S608 - our names
        await connection.execute(f"WITH {', '.join(deletes)} SELECT")
        return list(await connection.fetch(self._snapshot_query)) == self._as_new[address.database]

    async def close(self) -> None:
        for address in self._free:
            await drop(address)

    async def _prepare(self, connection: Connection) -> None:
        """Records which tables are empty, and how to compare the others."""
        tables = [table for (table,) in await connection.fetch(_TABLES)]
        full = [table for table in tables if await connection.fetchval(f"TABLE {table} LIMIT 1") is not None]
        self._empty = [table for table in tables if table not in full]
        # A written row has the number of a newer transaction, and a deleted one is missing.
        rows = "SELECT '{0}', count(*), max(xmin::text::bigint) FROM {0}"
        self._snapshot_query = (
            " UNION ALL ".join([*map(rows.format, (*_CATALOGUES, *full)), _SETTINGS, _SIZES]) + " ORDER BY 1"
        )

    async def _is_emptied(self, address: DatabaseAddress) -> bool:
        try:
            connection = await asyncpg.connect(**address.connect_arguments())
        except asyncpg.InvalidCatalogNameError:
            return False
        try:
            await connection.execute(_END_OTHERS)
            return await self.delete_rows(connection, address)
        except asyncpg.UndefinedTableError:
            return False
        finally:
            await connection.close()
