"""What the bus over PostgreSQL does in addition."""

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from tests.adapters.buses import over_postgres, processes


async def test_connections_that_an_administrator_ends_are_opened_again(
    database_address: DatabaseAddress, sql: Connection
) -> None:
    server = over_postgres(database_address)
    async with processes(server.bus(), server.bus()) as ((_, one), (_, other)):
        ended = await sql.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'messenger bus' AND datname = current_database()"
        )
        assert len(ended) == 2
        await one.until(lambda: one.returns == other.returns == 2)
