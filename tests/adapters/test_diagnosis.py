"""What an operator reads about a database that cannot be used."""

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.diagnosis import DatabaseNotReady, explain_driver_errors


async def test_a_statement_that_took_too_long_is_not_reported_as_a_silent_server(
    database_address: DatabaseAddress, sql: Connection
) -> None:
    await sql.execute("SET statement_timeout = 1")
    with (
        pytest.raises(DatabaseNotReady, match=r"a statement took too long .*: see in pg_stat_activity"),
        explain_driver_errors(database_address),
    ):
        await sql.execute("SELECT pg_sleep(60)")
