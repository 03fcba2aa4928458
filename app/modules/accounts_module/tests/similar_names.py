"""Accounts whose names resemble another one."""

from app.utils.container import Container
from app.utils.names import search_grams
from tests.databases import rows


async def add_similar_accounts(container: Container) -> None:
    """Adds 21,000 accounts of yesterday that have all pairs of the characters in `ab bab ba`."""
    await rows(
        container,
        "INSERT INTO account (id, username, display_name, search_text, search_grams, created_at, updated_at) "
        "SELECT gen_random_uuid(), 'guest' || n, $1, $1, $2::int[], now() - interval '1 day', now() "
        "FROM generate_series(1, 21000) n",
        *("abab baba", search_grams("abab baba")),
    )
