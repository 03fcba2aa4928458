"""The numbers of events after the database went back to an earlier moment: a backup, or PostgreSQL's own recovery."""

import asyncpg

from app.adapters.db.address import DatabaseAddress

# One transaction. Microseconds since 1970: more than any stream has counted, more at each restore than at the one
# before, and exact in JavaScript until 2255.
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
    """Lets every stream go on from a number that no client has seen, with an empty log before it.

    A cursor from before is then older than the log: it is answered with `stream_gap`, also once as many new events
    exist as were lost. For a database that no server uses. Messages and state stay as they are.
    """
    # A connection of its own: it takes as long as it takes.
    connection = await asyncpg.connect(**address.connect_arguments())
    try:
        await connection.execute(_MOVE_AHEAD)
    finally:
        await connection.close()
