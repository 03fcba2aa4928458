"""Alembic's environment: the database, and the models of every module on disk, whether it is enabled or not."""

import asyncio
from collections.abc import Callable
from functools import partial
from time import sleep

import asyncpg
from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.schema import SchemaItem

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.base import Base
from app.adapters.db.connection import Connection as DbConnection
from app.adapters.db.connection import translate_errors
from app.adapters.db.migrations.heads import branches, known_revisions, removed_modules
from app.adapters.errors import driver_calls
from app.utils.nouns import owner_of
from app.utils.setup_modules import discover_modules

_ONE_AT_A_TIME = 7_215_331_046
"""The key of the advisory lock under which migrations run. Several servers may start at once."""
_POLL_PERIOD = 0.1
"""Seconds between two attempts to acquire that lock."""


def _includes(removed: frozenset[str]) -> Callable[[SchemaItem, str | None, str, bool, SchemaItem | None], bool]:
    """Returns Alembic's filter of tables to compare. It leaves out tables that a removed module left behind."""
    modules = branches() | removed
    revised = context.config.attributes.get("revised")

    def include(item: SchemaItem, name: str | None, kind: str, reflected: bool, other: SchemaItem | None) -> bool:
        if kind != "table" or name is None:
            return True
        owner = owner_of(name, modules)
        if reflected and other is None and owner in removed:
            return False
        return revised is None or owner in revised

    return include


def _revisions(connection: Connection) -> list[str]:
    if not connection.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL")):
        return []
    return list(connection.scalars(text("SELECT version_num FROM alembic_version")))


def _migrate(connection: Connection) -> None:
    # Polled, outside of a transaction: an index that is created concurrently waits for all other transactions.
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ONE_AT_A_TIME}):
        connection.rollback()
        sleep(_POLL_PERIOD)
    try:
        removed = removed_modules(_revisions(connection))
        # The lock belongs to the session and outlives this commit. The migrations have their own transactions.
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_type=True,
            compare_server_default=True,
            transaction_per_migration=True,
            include_object=_includes(removed),
        )
        # The row of a removed module is kept in case it is installed again. Alembic would fail on a revision without a
        # file, so the method that it calls is replaced: see tests/test_patched_internals.py.
        migration = context.get_context()
        migration.get_current_heads = lambda: tuple(  # type: ignore[method-assign]
            revision for revision in _revisions(connection) if revision in known_revisions()
        )
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ONE_AT_A_TIME})


async def _connect(address: DatabaseAddress) -> DbConnection:
    with driver_calls():
        return await asyncpg.connect(**address.connect_arguments())


async def _run() -> None:
    address = context.config.attributes["address"]
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=partial(_connect, address),
        poolclass=pool.NullPool,
    )
    translate_errors(engine)
    async with engine.connect() as connection:
        await connection.run_sync(_migrate)
        await connection.commit()
    await engine.dispose()


if context.is_offline_mode():
    raise SystemExit("migrations run against a database only: they compare and check")
# Loading a manifest loads the models of its module.
discover_modules()
asyncio.run(_run())
