"""Reading and searching profiles, in hand-written SQL.

A search reads a bounded part of the table, however common a name is.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.utils.names import query_grams, search_text

_FROM_THE_FIRST = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))
_COLUMNS = """
SELECT a.id, a.username, a.display_name, a.bio, coalesce(p.online_until > $1, false) AS online, p.last_seen_at,
       a.created_at
"""
_PRESENCE = "LEFT JOIN account_presence p ON p.account_id = a.id"
_ONE = f"{_COLUMNS} FROM account a {_PRESENCE} WHERE a.id = $2"
_ID = "SELECT id FROM account WHERE username = $1"
_NEXT = "SELECT * FROM account WHERE (created_at, id) > ($2, $3::uuid) AND erased_at IS NULL ORDER BY created_at, id"
_IN_ORDER = "ORDER BY a.created_at, a.id LIMIT $4"
_ALL = f"{_COLUMNS} FROM ({_NEXT} LIMIT $4) a {_PRESENCE} {_IN_ORDER}"
# For a common name: enough matches are found among the next accounts in the order of the list.
_AMONG_NEXT = f"""
{_COLUMNS} FROM ({_NEXT} LIMIT 5000) a {_PRESENCE} WHERE a.search_text LIKE $5 {_IN_ORDER}
"""
# For a rare name: through the index, sorted afterwards. The planner cannot choose between the two itself.
_BY_INDEX = f"""
WITH found AS MATERIALIZED (
    SELECT id, created_at FROM account WHERE search_grams @> $6::int[] AND search_text LIKE $5
), page AS MATERIALIZED (
    SELECT id FROM found WHERE (created_at, id) > ($2, $3::uuid) ORDER BY created_at, id LIMIT $4
)
{_COLUMNS} FROM page JOIN account a USING (id) {_PRESENCE} {_IN_ORDER}
"""  # noqa: S608 - constants only


async def find_profile(connection: DatabaseConnection, account_id: UUID) -> Any | None:
    """Returns the public fields of one account."""
    rows = await connection.fetch(_ONE, datetime.now(UTC), account_id)
    return rows[0] if rows else None


async def find_id(connection: DatabaseConnection, username: str) -> UUID | None:
    """Returns the id of the account with this username, in its canonical form."""
    account_id: UUID | None = await connection.fetchval(_ID, username)
    return account_id


async def list_profiles(
    connection: DatabaseConnection, query: str, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Any]:
    """Returns public fields of the accounts whose username or display name contains `query`, the oldest account first.

    `after` are the time of creation and the id of the last account of the previous page.
    """
    start = (datetime.now(UTC), *(after or _FROM_THE_FIRST), limit)
    text = search_text(query)
    if not text:
        rows: Sequence[Any] = await connection.fetch(_ALL, *start)
        return rows
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = await connection.fetch(_AMONG_NEXT, *start, f"%{escaped}%")
    if len(rows) < limit:
        rows = await connection.fetch(_BY_INDEX, *start, f"%{escaped}%", query_grams(text))
    return rows
