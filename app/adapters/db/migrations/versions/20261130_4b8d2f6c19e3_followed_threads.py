"""the threads that an account follows"""

import sqlalchemy as sa
from alembic import op

revision: str = "4b8d2f6c19e3"
down_revision: str | None = "1d94ae5b73c6"
branch_labels: str | None = None
depends_on: str | None = None

_NAME, _TABLE, _CONDITION = "ix_thread_position_followed", "thread_position", sa.text("is_following")


def upgrade() -> None:
    # The table goes on being written meanwhile. One that was begun before, and broken off, is no index.
    with op.get_context().autocommit_block():
        op.drop_index(_NAME, _TABLE, if_exists=True, postgresql_concurrently=True)
        op.create_index(_NAME, _TABLE, ["account_id"], postgresql_where=_CONDITION, postgresql_concurrently=True)


def downgrade() -> None:
    op.drop_index(_NAME, table_name=_TABLE)
