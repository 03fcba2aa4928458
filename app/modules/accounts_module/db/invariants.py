"""What accounts rely on."""

from app.utils.invariants import Invariant

INVARIANTS = (
    Invariant(
        says="every account has its stream",
        find="""
            SELECT a.id AS stream_id, format('%s has no stream', a.username) AS detail
            FROM account a LEFT JOIN stream s ON s.id = a.id WHERE s.id IS NULL
        """,
        advice="its owner can join no chat: the stream is made anew, empty",
        fix=("INSERT INTO stream (id) SELECT id FROM account WHERE id = ANY($1) ON CONFLICT (id) DO NOTHING",),
    ),
)
