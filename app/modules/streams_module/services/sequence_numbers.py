"""Sequence numbers after the database returned to an earlier moment: a backup, or PostgreSQL's own recovery."""

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.any_server import connect_for_command

# One transaction. Microseconds since 1970: above any stream's count, higher at each restore, and exact in JavaScript
# until 2255.
_MOVE_AHEAD = """
TRUNCATE event;
UPDATE stream SET last_seq = moved.seq, first_seq = moved.seq + 1
FROM (
    SELECT id, greatest((extract(epoch FROM clock_timestamp()) * 1000000)::bigint, last_seq + 1000000000) AS seq
    FROM stream
) moved
WHERE moved.id = stream.id
"""


async def move_numbers_ahead(address: DatabaseAddress) -> None:
    """Moves every stream to a number that no client has seen, with an empty log before it.

    Every earlier cursor is then older than the log and gets `stream_gap`, even after as many new events exist as were
    lost. Only for a database that no server uses. Messages and state are unchanged.
    """
    # A connection of its own, without a statement timeout.
    connection = await connect_for_command(address)
    try:
        await connection.execute(_MOVE_AHEAD)
    finally:
        await connection.close()
