"""Alembic's environment: the database, and the models of every module on disk, whether it is enabled or not."""

import asyncio
from collections.abc import Callable
from functools import partial

import asyncpg
from alembic import context
from loguru import logger
from sqlalchemy import Connection, event, pool, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.schema import SchemaItem

from app.adapters.db.any_server import connect_for_command
from app.adapters.db.base import Base
from app.adapters.db.connection import translate_errors
from app.adapters.db.migrations.heads import branches, known_revisions, removed_modules
from app.utils.nouns import owner_of
from app.utils.setup_modules import discover_modules

_ONE_AT_A_TIME = 7_215_331_046
"""The key of the advisory lock under which migrations run. Several servers may start at once."""
_POLL_PERIOD = 0.1
"""Seconds between two attempts to acquire that lock."""
_LOCK_TIMEOUT = "1500ms"
"""How long a statement of a migration waits for a lock.

Later requests queue behind it, and wait up to 2 s. An autovacuum ends for it after `deadlock_timeout`, which is 1 s.
"""
_FIRST_PAUSE = 1.0
"""Seconds until a migration that did not get a lock is repeated. The pause doubles each time."""
_LONGEST_PAUSE = 10.0
_LONGEST_STATEMENT = 200


class _Locked(Exception):
    """A statement did not get a lock in time, or a deadlock ended it. The message is the statement."""


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
    removed = removed_modules(_revisions(connection))
    # The migrations have their own transactions.
    connection.rollback()
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


def _limit_waits(connection: Connection) -> None:
    """Limits the waits for locks in a transaction that begins.

    An index that is created concurrently waits for old transactions and blocks no request. It is outside of them.
    """
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")


def _as_locked(failure: ExceptionContext) -> BaseException | None:
    error = failure.original_exception.__cause__
    if isinstance(error, asyncpg.LockNotAvailableError | asyncpg.DeadlockDetectedError):
        return _Locked(" ".join((failure.statement or "").split())[:_LONGEST_STATEMENT])
    return None


async def _migrate_patiently(connection: AsyncConnection) -> None:
    """Repeats the migration that did not get a lock, until it gets it. Those before it are committed."""
    pause = _FIRST_PAUSE
    while True:
        try:
            return await connection.run_sync(_migrate)
        except _Locked as locked:
            await connection.rollback()
            logger.warning("a migration waits for a lock that another transaction holds: {}", locked)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def _run() -> None:
    address = context.config.attributes["address"]
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=partial(connect_for_command, address),
        poolclass=pool.NullPool,
    )
    translate_errors(engine)
    event.listen(engine.sync_engine, "handle_error", _as_locked)
    event.listen(engine.sync_engine, "begin", _limit_waits)
    async with engine.connect() as connection:
        # Polled, outside of a transaction: an index that is created concurrently waits for all other transactions.
        while not await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ONE_AT_A_TIME}):
            await connection.rollback()
            await asyncio.sleep(_POLL_PERIOD)
        # The lock belongs to the session: it outlives this commit, and ends with the connection. For that a PgBouncer
        # in session mode runs DISCARD ALL, and there is no pool here.
        await connection.commit()
        await _migrate_patiently(connection)


if context.is_offline_mode():
    raise SystemExit("migrations run against a database only: they compare and check")
# Loading a manifest loads the models of its module.
discover_modules()
asyncio.run(_run())
