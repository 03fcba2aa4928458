"""Accounts whose names resemble another one."""

from app.adapters.db.database import Database
from app.utils.container import Container
from app.utils.names import search_grams
from tests.databases import execute


async def add_similar_accounts(container: Container) -> None:
    """Adds 21,000 accounts of yesterday that have all pairs of the characters in `ab bab ba`."""
    # Not over a connection of the application: the statement may take longer than its limit.
    await execute(
        container.get(Database).address,
        "INSERT INTO account (id, username, display_name, search_text, search_grams, created_at, updated_at) "
        "SELECT gen_random_uuid(), 'guest' || n, $1, $1, $2::int[], now() - interval '1 day', now() "
        "FROM generate_series(1, 21000) n",
        *("abab baba", search_grams("abab baba")),
    )
