"""A reused test database is as good as new."""

import asyncpg
import pytest

from app.adapters.db.address import DatabaseAddress
from tests.databases import Databases, execute, fetch

CHANGES = (
    "CREATE TABLE added_by_a_test ()",
    "ALTER TABLE account ALTER COLUMN bio SET DEFAULT 'x'",
    "DROP TABLE reaction",
    'DROP EXTENSION "uuid-ossp" CASCADE',
    "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "DELETE FROM alembic_version",
    "UPDATE catalogue_languages SET position = 7 WHERE key = 'ru'",
    'ALTER DATABASE "{database}" SET search_path = pg_catalog',
)


@pytest.fixture
def databases(template: DatabaseAddress) -> Databases:
    """The databases of this test."""
    return Databases(template)


async def test_rows_and_connections_of_the_previous_test_are_gone(databases: Databases) -> None:
    insert = "INSERT INTO stream (id) VALUES (gen_random_uuid())"
    async with databases.one() as first:
        await execute(first, insert)
        left_open = await asyncpg.connect(**first.connect_arguments())
        await left_open.execute(f"BEGIN; {insert}")
    async with databases.one() as second:
        assert second == first
        assert await fetch(second, "SELECT * FROM stream") == []
        assert len(await fetch(second, "SELECT FROM catalogue_languages")) > 100
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        await left_open.execute("COMMIT")
    await databases.close()


async def test_a_database_with_a_changed_schema_is_not_reused(databases: Databases) -> None:
    former: DatabaseAddress | None = None
    for change in CHANGES:
        async with databases.one() as database:
            assert database != former
            await execute(database, change.format(database=database.database))
            former = database
    async with databases.one() as dropped:
        assert dropped != former
        await execute(dropped.with_database("postgres"), f'DROP DATABASE "{dropped.database}"')
    async with databases.one() as last:
        assert last != dropped
    await databases.close()
