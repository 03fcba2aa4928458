"""Registers subscribers, in hand-written SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.adapters.db.connection import Connection

_ADD = """
INSERT INTO subscriber (name, is_registered, created_at) SELECT name, is_registered, $3
FROM unnest($1::text[], $2::bool[]) AS new(name, is_registered) ON CONFLICT (name) DO NOTHING
"""
_UNREGISTERED = "SELECT name FROM subscriber WHERE name = ANY($1::text[]) AND NOT is_registered ORDER BY name"
_CLAIM = """
SELECT registered_through FROM subscriber WHERE name = $1 AND NOT is_registered FOR UPDATE
"""
_WRITE_HEADS = """
WITH slice AS (
    SELECT id, last_seq FROM stream WHERE id > coalesce($2, '00000000-0000-0000-0000-000000000000'::uuid)
    ORDER BY id LIMIT $3
), written AS (
    INSERT INTO subscriber_cursor (stream_id, subscriber, seq) SELECT id, $1, last_seq FROM slice WHERE last_seq > 0
    ON CONFLICT DO NOTHING
)
SELECT id FROM slice ORDER BY id DESC LIMIT 1
"""
_PROGRESS = "UPDATE subscriber SET registered_through = $2, is_registered = $3 WHERE name = $1"


async def add(connection: Connection, subscribers: Sequence[tuple[str, bool]], at: datetime) -> None:
    """Adds new subscribers: (name, is_registered). A subscriber without cursors to write is registered at once."""
    names, registered = zip(*subscribers, strict=True)
    await connection.execute(_ADD, names, registered, at)


async def list_unregistered(connection: Connection, names: Sequence[str]) -> list[str]:
    return [row["name"] for row in await connection.fetch(_UNREGISTERED, names)]


async def claim(connection: Connection, name: str) -> Any | None:
    """Locks a subscriber that is not registered yet. None if another process has registered it."""
    rows = await connection.fetch(_CLAIM, name)
    return rows[0] if rows else None


async def write_heads(connection: Connection, name: str, after: UUID | None, limit: int) -> UUID | None:
    """Writes cursors at the current heads of the next streams. Returns the last stream's id, None at the end."""
    last: UUID | None = await connection.fetchval(_WRITE_HEADS, name, after, limit)
    return last


async def note_progress(connection: Connection, name: str, through: UUID | None) -> None:
    """Stores how far the registration has come. `through` is None after all streams have their cursor."""
    await connection.execute(_PROGRESS, name, through, through is None)
