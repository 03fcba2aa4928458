"""Runs a command's work on the configured database.

It is a module apart from `servers`, because the first process of a server imports that one and needs no SQLAlchemy.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.adapters.db.servers import database_server, require_migrated
from app.settings.db_settings import DbSettings

T = TypeVar("T")


def run_on_database(settings: DbSettings, job: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
    """Runs `job` for a command on the configured database, and returns its result.

    Raises DatabaseNotReady if the database is unreachable or not migrated, DatabaseIsNewer, and EmbeddedPostgresError.
    """

    async def run(address: DatabaseAddress) -> T:
        async with Database(address).connected() as database:
            return await job(database)

    with database_server(settings) as address:
        require_migrated(address)
        return asyncio.run(run(address))
