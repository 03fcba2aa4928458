"""Reading and searching profiles, in hand-written SQL.

A search reads a bounded part of the table, however common a name is.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.utils.names import query_grams, search_text

Key = tuple[datetime, UUID]
"""The time of creation and the id of an account."""
_WINDOW = 5_000
"""Accounts in the order of the list that one statement looks at."""
_MOST_WINDOWS = 4
_MOST_BY_INDEX = 2_000
"""Accounts with the characters of a text that are looked at through the index. More of them are too many."""
_FROM_THE_FIRST: Key = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))
_COLUMNS = """
SELECT a.id, a.username, a.display_name, a.bio, coalesce(p.online_until > now(), false) AS online, p.last_seen_at,
       a.created_at
"""
_PRESENCE = "LEFT JOIN account_presence p ON p.account_id = a.id"
_ONE = f"{_COLUMNS} FROM account a {_PRESENCE} WHERE a.id = $1"
_NEXT = "SELECT * FROM account WHERE (created_at, id) > ($1, $2::uuid) ORDER BY created_at, id"
_IN_ORDER = "ORDER BY a.created_at, a.id LIMIT $3"
_ALL = f"""
{_COLUMNS} FROM (
    SELECT * FROM ({_NEXT} LIMIT {_WINDOW}) next WHERE erased_at IS NULL ORDER BY created_at, id LIMIT $3
) a {_PRESENCE} {_IN_ORDER}
"""  # noqa: S608 - constants only
# For a common name: enough matches are found among the next accounts in the order of the list.
_AMONG_NEXT = f"""
{_COLUMNS} FROM ({_NEXT} LIMIT {_WINDOW}) a {_PRESENCE}
WHERE a.erased_at IS NULL AND a.search_text LIKE $4 {_IN_ORDER}
"""
_END_OF_NEXT = """
SELECT created_at, id FROM account WHERE (created_at, id) > ($1, $2::uuid) ORDER BY created_at, id OFFSET $3 LIMIT 1
"""
# For a rare name: through the index, sorted afterwards. The planner cannot choose between the two itself. `found` is
# read no further than `bounded` needs, and is planned without its limit and without the grams, for which the planner
# would leave the index.
_BY_INDEX = f"""
WITH found AS MATERIALIZED (
    SELECT id, created_at, search_text FROM account WHERE search_grams @> (SELECT $5::int[])
), bounded AS MATERIALIZED (
    SELECT * FROM found LIMIT {_MOST_BY_INDEX} + 1
), counted AS MATERIALIZED (
    SELECT count(*) <= {_MOST_BY_INDEX} AS is_all FROM bounded
), page AS MATERIALIZED (
    SELECT id FROM bounded
    WHERE (SELECT is_all FROM counted) AND (created_at, id) > ($1, $2::uuid) AND search_text LIKE $4
    ORDER BY created_at, id LIMIT $3
)
SELECT counted.is_all, row.* FROM counted
LEFT JOIN LATERAL ({_COLUMNS} FROM page JOIN account a USING (id) {_PRESENCE} {_IN_ORDER}) row ON true
ORDER BY row.created_at, row.id
"""  # noqa: S608 - constants only


class Profiles(NamedTuple):
    """Public fields of accounts that a search has found, in order.

    `end` is the key of the account up to which all were looked at, None where no account after them has the text, or
    where `rows` are as many as were asked for.
    """

    rows: Sequence[Any]
    end: Key | None = None


async def find_profile(connection: DatabaseConnection, account_id: UUID) -> Any | None:
    """Returns the public fields of one account."""
    rows = await connection.fetch(_ONE, account_id)
    return rows[0] if rows else None


async def list_profiles(connection: DatabaseConnection, query: str, after: Key | None, limit: int) -> Profiles:
    """Returns the accounts whose username or display name contains `query`, the oldest account first.

    `after` is the key of the last account of the previous page. There may be fewer rows than `limit` and still more
    accounts after `end`: neither a text that is neither common nor rare nor an account after many erased ones is
    searched for to the end of the table at once.
    """
    start = after or _FROM_THE_FIRST
    text = search_text(query)
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    among_next, patterns = (_AMONG_NEXT, [f"%{escaped}%"]) if text else (_ALL, [])
    rows: list[Any] = []
    for number in range(_MOST_WINDOWS):
        rows += await connection.fetch(among_next, *start, limit - len(rows), *patterns)
        if len(rows) >= limit:
            return Profiles(rows)
        ends: Sequence[Any] = await connection.fetch(_END_OF_NEXT, *start, _WINDOW - 1)
        if not ends:
            return Profiles(rows)
        if text and number == 0 and len(rows) * _MOST_WINDOWS < limit:
            found: Sequence[Any] = await connection.fetch(_BY_INDEX, *start, limit, f"%{escaped}%", query_grams(text))
            if found[0]["is_all"]:
                return Profiles([row for row in found if row["id"] is not None])
        # An account that was committed in between may have moved the end to before the last one found.
        start = max([(row["created_at"], row["id"]) for row in (*rows[-1:], *ends)])
    return Profiles(rows, start)
