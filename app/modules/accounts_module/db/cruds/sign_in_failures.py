"""Failed sign-ins, in hand-written SQL: no ORM session is held while a password is hashed between two statements.

All times are by the database's clock, which all processes share.
"""

from datetime import timedelta
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection

_FIND = """
SELECT id, failures, extract(epoch FROM now() - failed_at)::float AS seconds FROM sign_in_failures WHERE id IN ($1, $2)
"""
_ADD = """
INSERT INTO sign_in_failures (id, failures, failed_at, forget_at) VALUES ($1, 1, now(), now() + $2::interval)
ON CONFLICT (id) DO UPDATE
SET failures = sign_in_failures.failures + 1, failed_at = excluded.failed_at, forget_at = excluded.forget_at
"""
_DELETE = "DELETE FROM sign_in_failures WHERE id = ANY($1)"
DELETE_OLD_FAILURES = """
DELETE FROM sign_in_failures WHERE id IN (
    SELECT id FROM sign_in_failures WHERE forget_at < now() ORDER BY forget_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
"""


async def find_failures(connection: DatabaseConnection, subject: UUID, other: UUID) -> dict[UUID, tuple[int, float]]:
    """Returns the number of consecutive failures of each subject that has any, and the seconds since the last one."""
    return {row["id"]: (row["failures"], row["seconds"]) for row in await connection.fetch(_FIND, subject, other)}


async def add_failure(connection: DatabaseConnection, subject: UUID, forget_after: timedelta | None) -> None:
    await connection.execute(_ADD, subject, forget_after)


async def delete_failures(connection: DatabaseConnection, subjects: list[UUID]) -> None:
    await connection.execute(_DELETE, subjects)
