"""Reads and moves the cursors of webhooks, in hand-written SQL. All times are by the clock of the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.adapters.db.citus import has_citus
from app.adapters.db.connection import DatabaseConnection

WINDOW = 1_000
"""Events of a stream that one statement looks at."""

# The job of a process that ended holds the cursor for as long as a request may take.
_CLAIM = """
UPDATE webhook_cursor SET job_id = $3, held_until = statement_timestamp() + make_interval(secs => $4)
WHERE stream_id = $1 AND webhook_id = $2
  AND (job_id IS NULL OR job_id = $3 OR held_until <= statement_timestamp())
RETURNING seq, attempts, next_at, held_until
"""
_EXISTS = "SELECT EXISTS (SELECT FROM webhook_cursor WHERE stream_id = $1 AND webhook_id = $2)"
_RELEASE = """
UPDATE webhook_cursor SET job_id = NULL, held_until = NULL WHERE stream_id = $1 AND webhook_id = $2 AND job_id = $3
"""
_MOVE = """
UPDATE webhook_cursor SET seq = $4, attempts = 0, next_at = NULL, behind_since = NULL
WHERE stream_id = $1 AND webhook_id = $2 AND seq = $3 RETURNING seq
"""
_POSTPONE = """
UPDATE webhook_cursor SET attempts = attempts + 1, behind_since = coalesce(behind_since, $5),
    next_at = statement_timestamp() + make_interval(secs => $6), job_id = NULL, held_until = NULL
WHERE stream_id = $1 AND webhook_id = $2 AND seq = $3 AND attempts = $4 RETURNING next_at
"""
_RESET = """
UPDATE webhook_cursor SET attempts = 0, next_at = NULL, behind_since = NULL
WHERE (stream_id, webhook_id) IN (
    SELECT stream_id, webhook_id FROM webhook_cursor
    WHERE account_id = $1 AND webhook_id = $2 AND attempts > 0 ORDER BY stream_id FOR UPDATE
)
"""
_RESET_WITH_CITUS = _RESET.replace("FOR UPDATE", "")
_MATCHES = """
($4::text[] IS NULL OR e.kind = ANY($4) OR split_part(e.kind, '.', 1) || '.*' = ANY($4))
"""
_FIND_NEXT = f"""
SELECT e.seq FROM event e
WHERE e.stream_id = $1 AND e.seq > $2 AND e.seq <= $3 AND {_MATCHES} AND ($5::text[] IS NULL OR e.kind = ANY($5))
ORDER BY e.seq LIMIT 1
"""  # noqa: S608 - constants only
# $5: what an API key may see of the account's own stream. Events are read only where all of them can be.
_LIST_BEHIND = f"""
SELECT c.stream_id, c.seq, s.last_seq, CASE
    WHEN s.last_seq > c.seq + {WINDOW} OR s.first_seq > c.seq + 1 THEN true
    ELSE EXISTS (
        SELECT FROM event e
        WHERE e.stream_id = c.stream_id AND e.seq > c.seq AND {_MATCHES}
          AND (c.stream_id <> $1 OR $5::text[] IS NULL OR e.kind = ANY($5))
    ) END AS is_to_post
FROM webhook_cursor c JOIN stream s ON s.id = c.stream_id AND s.last_seq > c.seq
WHERE c.account_id = $1 AND c.webhook_id = $2 AND c.stream_id > $3
ORDER BY c.stream_id LIMIT $6
"""  # noqa: S608 - constants only
_PAGE = """
SELECT c.stream_id, c.seq, s.last_seq, c.attempts, c.next_at
FROM webhook_cursor c JOIN stream s ON s.id = c.stream_id
WHERE c.account_id = $1 AND c.webhook_id = $2 AND c.stream_id > $3 AND (
    c.stream_id = $1 OR EXISTS (
        SELECT FROM chat_member m JOIN chat ON chat.id = m.chat_id AND chat.deleted_at IS NULL
        WHERE m.chat_id = c.stream_id AND m.account_id = $1
    )
)
ORDER BY c.stream_id LIMIT $4
"""
_REPLACE = """
UPDATE webhook_cursor SET seq = $3, attempts = 0, next_at = NULL, behind_since = NULL
WHERE stream_id = $1 AND webhook_id = $2 RETURNING stream_id, seq, attempts, next_at
"""
_LIST_FOLLOWERS = """
SELECT c.stream_id, c.seq, w.account_id, w.id, w.kinds
FROM webhook_cursor c JOIN webhook w ON w.account_id = c.account_id AND w.id = c.webhook_id AND w.state = 'active'
WHERE c.stream_id = ANY($1) AND (w.scopes IS NULL OR 'messages:read' = ANY(w.scopes))
ORDER BY w.account_id, w.id, c.stream_id
"""
_FIND_BEHIND_SINCE = "SELECT min(behind_since) FROM webhook_cursor WHERE behind_since IS NOT NULL"


async def claim(
    connection: DatabaseConnection, stream_id: UUID, webhook_id: UUID, job_id: UUID, seconds: float
) -> Any | None:
    """Returns the cursor and holds it for the job. None if another job holds it, or if there is none."""
    rows = await connection.fetch(_CLAIM, stream_id, webhook_id, job_id, seconds)
    return rows[0] if rows else None


async def exists(connection: DatabaseConnection, stream_id: UUID, webhook_id: UUID) -> bool:
    return bool(await connection.fetchval(_EXISTS, stream_id, webhook_id))


async def release(connection: DatabaseConnection, stream_id: UUID, webhook_id: UUID, job_id: UUID) -> None:
    """Lets other jobs hold the cursor."""
    await connection.execute(_RELEASE, stream_id, webhook_id, job_id)


async def move(connection: DatabaseConnection, stream_id: UUID, webhook_id: UUID, before: int, seq: int) -> bool:
    """Moves the cursor after an event was posted. Returns False if it is no longer at `before`."""
    return bool(await connection.fetch(_MOVE, stream_id, webhook_id, before, seq))


async def postpone(
    connection: DatabaseConnection,
    stream_id: UUID,
    webhook_id: UUID,
    before: tuple[int, int],
    event_at: datetime,
    seconds: float,
) -> datetime | None:
    """Counts a failed attempt, and returns the time of the next one.

    None if the cursor has not the number and the attempts of `before` any more.
    """
    rows = await connection.fetch(_POSTPONE, stream_id, webhook_id, *before, event_at, seconds)
    return rows[0]["next_at"] if rows else None


async def reset(connection: DatabaseConnection, account_id: UUID, webhook_id: UUID) -> None:
    """Gives the next events of all streams all their attempts again."""
    await connection.execute(_RESET_WITH_CITUS if has_citus(connection) else _RESET, account_id, webhook_id)


async def find_next(
    connection: DatabaseConnection,
    stream_id: UUID,
    after: int,
    through: int,
    kinds: Sequence[str] | None,
    visible: Sequence[str] | None,
) -> int | None:
    """Returns the number of the next event of these kinds that the owner may see. None: none up to `through`."""
    seq: int | None = await connection.fetchval(_FIND_NEXT, stream_id, after, through, kinds, visible)
    return seq


async def list_behind(
    connection: DatabaseConnection,
    account_id: UUID,
    webhook_id: UUID,
    after: UUID,
    kinds: Sequence[str] | None,
    visible: Sequence[str] | None,
    limit: int,
) -> Sequence[Any]:
    """Returns the cursors before the heads of their streams.

    `is_to_post`: False if all events after the cursor were looked at, and none of them is to be posted.
    """
    return list(await connection.fetch(_LIST_BEHIND, account_id, webhook_id, after, kinds, visible, limit))


async def list_page(
    connection: DatabaseConnection, account_id: UUID, webhook_id: UUID, after: UUID, limit: int
) -> Sequence[Any]:
    """Returns the cursors in streams that the account may read, in the order of the streams."""
    return list(await connection.fetch(_PAGE, account_id, webhook_id, after, limit))


async def replace(connection: DatabaseConnection, stream_id: UUID, webhook_id: UUID, seq: int) -> Any | None:
    """Sets the cursor. Returns it, or None if there is none."""
    rows = await connection.fetch(_REPLACE, stream_id, webhook_id, seq)
    return rows[0] if rows else None


async def list_followers(connection: DatabaseConnection, stream_ids: Sequence[UUID]) -> Sequence[Any]:
    """Returns the cursors of active webhooks in these streams, with the kinds that they want."""
    return list(await connection.fetch(_LIST_FOLLOWERS, stream_ids))


async def find_behind_since(connection: DatabaseConnection) -> datetime | None:
    """Returns the time of the oldest event that could not be posted yet."""
    at: datetime | None = await connection.fetchval(_FIND_BEHIND_SINCE)
    return at
