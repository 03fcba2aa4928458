"""Send checks that are enabled for a chat, in hand-written SQL."""

from collections.abc import Sequence
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection

_WRITE = """
UPDATE chat SET send_checks = CASE
    WHEN $3 THEN array_append(array_remove(coalesce(send_checks, '{}'), $2), $2)
    ELSE nullif(array_remove(send_checks, $2), '{}') END
WHERE id = $1
"""
_READ = "SELECT send_checks FROM chat WHERE id = $1"


async def write_check(connection: DatabaseConnection, chat_id: UUID, name: str, *, is_on: bool) -> None:
    await connection.execute(_WRITE, chat_id, name, is_on)


async def read_checks(connection: DatabaseConnection, chat_id: UUID) -> Sequence[str]:
    return await connection.fetchval(_READ, chat_id) or ()
