"""owners pay for the files that their bots have"""

import sqlalchemy as sa
from alembic import op

revision: str = "e8a3d05c7f12"
down_revision: str | None = "c6e1f94b2d70"
branch_labels: str | None = None
depends_on: str | None = None

_NAME, _TABLE = "ix_attachment_usage_payer_id", "attachment_usage"
_AT_ONCE = 1_000
# Locked in the order in which the collector takes them.
_FILL = """
WITH unpaid AS MATERIALIZED (
    SELECT u.account_id, b.owner_id FROM attachment_usage u JOIN bot b ON b.account_id = u.account_id
    WHERE u.payer_id IS NULL ORDER BY u.account_id LIMIT :limit FOR UPDATE OF u
)
UPDATE attachment_usage u SET payer_id = unpaid.owner_id FROM unpaid WHERE u.account_id = unpaid.account_id
"""


def upgrade() -> None:
    # Files go on being uploaded meanwhile. An index that was begun before, and broken off, is no index.
    with op.get_context().autocommit_block():
        op.drop_index(_NAME, _TABLE, if_exists=True, postgresql_concurrently=True)
        op.create_index(
            _NAME, _TABLE, ["payer_id"], postgresql_where=sa.text("payer_id IS NOT NULL"), postgresql_concurrently=True
        )
        _fill_in_steps(op.get_bind())


def _fill_in_steps(connection: sa.Connection) -> None:
    """Fill, with a limit of the waits for rows. The index waits without one, also when the migration is repeated."""
    connection.execute(sa.text("SET lock_timeout = '1500ms'"))
    try:
        while connection.execute(sa.text(_FILL), {"limit": _AT_ONCE}).rowcount == _AT_ONCE:
            pass
    finally:
        connection.execute(sa.text("RESET lock_timeout"))


def downgrade() -> None:
    op.drop_index(_NAME, table_name=_TABLE)
