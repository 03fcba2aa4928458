"""the retries of each subscriber"""

import sqlalchemy as sa
from alembic import op

revision: str = "a7e13f5c80d4"
down_revision: str | None = "f4d81c36a9b2"
branch_labels: str | None = None
depends_on: str | None = None

_TABLE, _CONDITION = "subscriber_cursor", sa.text("retry_at IS NOT NULL")
_OLD, _NEW = "ix_subscriber_cursor_retry_at", "ix_subscriber_cursor_due"


def upgrade() -> None:
    # The table goes on being written meanwhile. One that was begun before, and broken off, is no index.
    with op.get_context().autocommit_block():
        op.drop_index(_NEW, _TABLE, if_exists=True, postgresql_concurrently=True)
        op.create_index(
            _NEW, _TABLE, ["subscriber", "retry_at"], postgresql_where=_CONDITION, postgresql_concurrently=True
        )
        op.drop_index(_OLD, _TABLE, if_exists=True, postgresql_concurrently=True)


def downgrade() -> None:
    op.create_index(_OLD, _TABLE, ["retry_at"], postgresql_where=_CONDITION)
    op.drop_index(_NEW, table_name=_TABLE)
