"""Looking for people, in hand-written SQL: the statements are planned anew for each query."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.modules.streams_module.services.log import Executor
from app.utils.canonical import query_grams, search_text

_FROM_THE_FIRST = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))
_COLUMNS = """
SELECT a.id, a.username, a.display_name, a.bio, coalesce(p.online_until > $1, false) AS online, p.last_seen_at,
       a.created_at
FROM account a LEFT JOIN account_presence p ON p.account_id = a.id
"""
_ONE = f"{_COLUMNS} WHERE a.id = $2"
_AFTER = f"{_COLUMNS} WHERE (a.created_at, a.id) > ($2, $3::uuid)"
_IN_ORDER = "ORDER BY a.created_at, a.id LIMIT $4"
_ALL = f"{_AFTER} {_IN_ORDER}"
_MATCHING = f"{_AFTER} AND a.search_grams @> $5::int[] AND a.search_text LIKE $6 {_IN_ORDER}"
# A common pair of letters is looked for among all accounts in order, a rare one through its index: only the values tell
# them apart.
_PLAN_FOR_VALUES = "SELECT set_config('plan_cache_mode', 'force_custom_plan', true)"


async def find_person(connection: Executor, account_id: UUID) -> Any | None:
    """The public fields of one account."""
    rows = await connection.fetch(_ONE, datetime.now(UTC), account_id)
    return rows[0] if rows else None


async def list_people(
    connection: Executor, query: str, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Any]:
    """Public fields of the accounts whose username or display name contains `query`, the oldest account first.

    `after` are the time and the id of the last account of the page before.
    """
    start = (datetime.now(UTC), *(after or _FROM_THE_FIRST), limit)
    text = search_text(query)
    rows: Sequence[Any]
    if text:
        await connection.fetch(_PLAN_FOR_VALUES)
        pattern = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        rows = await connection.fetch(_MATCHING, *start, query_grams(text), f"%{pattern}%")
    else:
        rows = await connection.fetch(_ALL, *start)
    return rows
