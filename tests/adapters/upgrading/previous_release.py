"""Steps of upgrades from the previous release, alone and beside other connections."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import asyncpg
from alembic import command
from alembic.script import ScriptDirectory

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.migrations.commands import config_for, migrate
from app.commands.create_database import connected
from tests.databases import fetch

NEWEST_MIGRATION = "48084b23c339"


def upgrade_by_steps(address: DatabaseAddress) -> Iterator[None]:
    """Yields after each migration."""
    scripts = ScriptDirectory.from_config(config_for(address))
    for script in reversed(list(scripts.iterate_revisions("heads", NEWEST_MIGRATION))):
        upgrade_to(address, script.revision)
        yield


def upgrade_to(address: DatabaseAddress, revision: str) -> None:
    command.upgrade(config_for(address), revision)


def upgrade_beside(
    database: DatabaseAddress, held: str, waiting: str, meanwhile: Callable[[Connection], Awaitable[object]]
) -> None:
    """Migrates while a transaction that begins with `held` is open. It ends after `meanwhile`, which begins when the
    migration is `waiting`."""

    async def upgrade() -> None:
        async with connected(database) as backup, connected(database) as reader:
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
