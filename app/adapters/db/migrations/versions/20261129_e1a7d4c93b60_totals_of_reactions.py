"""totals of reactions: a message with thousands of them is read without counting them"""

import sqlalchemy as sa
from alembic import op

revision: str = "e1a7d4c93b60"
down_revision: str | None = "d5b80f2e6a17"
branch_labels: str | None = None
depends_on: str | None = None

_AT_ONCE = 100
_MANY = "SELECT chat_id, seq FROM reaction GROUP BY chat_id, seq HAVING count(*) > 50"
# One that changes meanwhile has another number of reactions, and is counted until it changes again.
_COUNT = """
UPDATE message m SET reaction_totals = (
    SELECT json_agg(json_build_object('emoji', emoji, 'count', people) ORDER BY first_at, emoji) FROM (
        SELECT emoji, count(*) AS people, min(created_at) AS first_at FROM reaction
        WHERE chat_id = m.chat_id AND seq = m.seq GROUP BY emoji
    ) AS given
)
FROM unnest(CAST(:chat_ids AS uuid[]), CAST(:seqs AS bigint[])) AS many(chat_id, seq)
WHERE m.chat_id = many.chat_id AND m.seq = many.seq
"""


def upgrade() -> None:
    op.add_column("message", sa.Column("reaction_totals", sa.JSON(), nullable=True), if_not_exists=True)
    # The totals of all others are written by their next change. Few rows are locked at a time.
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        many = connection.execute(sa.text(_MANY)).all()
        for first in range(0, len(many), _AT_ONCE):
            chat_ids, seqs = map(list, zip(*many[first : first + _AT_ONCE], strict=True))
            connection.execute(sa.text(_COUNT), {"chat_ids": chat_ids, "seqs": seqs})


def downgrade() -> None:
    op.drop_column("message", "reaction_totals")
