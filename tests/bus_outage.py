"""An outage of the bus between processes, made on the side of the database."""

import asyncio

import asyncpg

from app.adapters.db.address import DatabaseAddress

_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'messenger bus'"
_PERIOD = 0.1


async def interrupt_bus(database: DatabaseAddress, seconds: float) -> None:
    """Terminates the connections of every bus again and again for this time."""
    connection = await asyncpg.connect(**database.connect_arguments(), timeout=30)
    try:
        async with asyncio.timeout(seconds):
            while True:
                await connection.execute(_END)
                await asyncio.sleep(_PERIOD)
    except TimeoutError:
        pass
    finally:
        connection.terminate()
