"""What an operator reads about a database that cannot be used."""

import asyncpg
import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.diagnosis import DatabaseNotReady, explain_driver_errors


async def test_a_statement_that_took_too_long_is_not_reported_as_a_silent_server(
    database_address: DatabaseAddress,
) -> None:
    connection = await asyncpg.connect(**database_address.connect_arguments())
    await connection.execute("SET statement_timeout = 1")
    with (
        pytest.raises(DatabaseNotReady, match=r"a statement took too long .*: see in pg_stat_activity"),
        explain_driver_errors(database_address),
    ):
        await connection.execute("SELECT pg_sleep(60)")
    await connection.close()
