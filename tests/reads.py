"""How many rows of tables are read."""

from collections.abc import Awaitable

from app.adapters.db.connection import Connection

_READ = """
SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::int FROM pg_stat_xact_user_tables
WHERE relname = coalesce($1, relname)
"""


async def count_read(connection: Connection, run: Awaitable[object], *, of: str | None = None) -> int:
    """Returns the number of rows that are read for it over this connection: of all tables, or of one."""
    # PostgreSQL adds the numbers to those of other connections between two transactions.
    async with connection.transaction():
        before = await connection.fetchval(_READ, of)
        await run
        return int(await connection.fetchval(_READ, of) - before)
