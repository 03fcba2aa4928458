"""Plans of prepared statements follow the growth of the tables."""

import asyncio

import pytest

from app.adapters.db import database as database_module
from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database

FIND = "SELECT $1::text AS looked_for"
PREPARED = "SELECT prepare_time FROM pg_prepared_statements WHERE statement = $1"


async def test_a_statement_is_planned_again_after_a_while(
    database_address: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_PLAN_LIFETIME", 2.0)
    async with Database(database_address).connected() as database, database.connection() as connection:
        await connection.fetch(FIND, "text")
        before = await connection.fetchval(PREPARED, FIND)
        await asyncio.sleep(2.5)
        await connection.fetch(FIND, "text")
        assert await connection.fetchval(PREPARED, FIND) > before
