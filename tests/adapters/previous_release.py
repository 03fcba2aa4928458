"""A database of the previous release, and its upgrade beside other connections."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import asyncpg
from alembic import command
from alembic.script import ScriptDirectory
from loguru import logger

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.migrations.commands import config_for, migrate
from tests.databases import Connection, connected_to, fetch

_NEWEST_MIGRATION = "48084b23c339"


@contextmanager
def previous_release(template: DatabaseAddress) -> Iterator[DatabaseAddress]:
    address = template.with_database(f"test_{uuid4().hex[:12]}")
    maintenance = template.with_database("postgres")
    run(maintenance, f'CREATE DATABASE "{address.database}" TEMPLATE template0')
    upgrade_to(address, _NEWEST_MIGRATION)
    yield address
    run(maintenance, f'DROP DATABASE "{address.database}" WITH (FORCE)')


def upgrade_by_steps(address: DatabaseAddress) -> Iterator[None]:
    """Yields after each migration."""
    scripts = ScriptDirectory.from_config(config_for(address))
    for script in reversed(list(scripts.iterate_revisions("heads", _NEWEST_MIGRATION))):
        upgrade_to(address, script.revision)
        yield


def upgrade_to(address: DatabaseAddress, revision: str) -> None:
    command.upgrade(config_for(address), revision)


@contextmanager
def logged_warnings() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lines.append, level="WARNING", format="{message}")
    yield lines
    logger.remove(sink)


def upgrade_beside(
    database: DatabaseAddress, held: str, waiting: str, meanwhile: Callable[[Connection], Awaitable[object]]
) -> None:
    """Migrates while a transaction that begins with `held` is open. It ends after `meanwhile`, which begins when the
    migration is `waiting`."""

    async def upgrade() -> None:
        async with connected_to(database) as backup, connected_to(database) as reader:
            await backup.execute(held)
            migration = asyncio.create_task(asyncio.to_thread(migrate, database))
            async with asyncio.timeout(60):
                while not await reader.fetchval(waiting):
                    assert not migration.done()
                    await asyncio.sleep(0.01)
            await meanwhile(reader)
            await backup.execute("COMMIT")
            await migration

    asyncio.run(upgrade())


def run(address: DatabaseAddress, statement: str, *arguments: Any) -> list[asyncpg.Record]:
    return asyncio.run(fetch(address, statement, *arguments))
