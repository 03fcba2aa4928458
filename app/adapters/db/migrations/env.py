"""How Alembic reaches the database and the models: of every module on disk, served or not."""

import asyncio
from functools import partial
from importlib import import_module

import asyncpg
from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from app.adapters.db.base import Base
from app.resources.constants import MODULES_DIR

_ONE_AT_A_TIME = 7_215_331_046
"""Key of the lock under which migrations run: several servers may start at once."""


def _load_models() -> None:
    for models in sorted(MODULES_DIR.glob("*_module/db/models/__init__.py")):
        import_module(f"app.modules.{models.parents[2].name}.db.models")


def _migrate(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ONE_AT_A_TIME})
    # The lock is the session's: it outlives this commit, and the migrations have their own transactions.
    connection.commit()
    try:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_type=True,
            compare_server_default=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ONE_AT_A_TIME})


async def _run() -> None:
    address = context.config.attributes["address"]
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=partial(asyncpg.connect, **address.connect_arguments()),
        poolclass=pool.NullPool,
    )
    async with engine.connect() as connection:
        await connection.run_sync(_migrate)
        await connection.commit()
    await engine.dispose()


if context.is_offline_mode():
    raise SystemExit("migrations run against a database only: they compare and check")
_load_models()
asyncio.run(_run())
