"""the failures of each subscriber"""

from alembic import op

revision: str = "1d94ae5b73c6"
down_revision: str | None = "c83f6b02e7d5"
branch_labels: str | None = None
depends_on: str | None = None

_NAME, _TABLE = "ix_subscriber_failure_failed_at", "subscriber_failure"


def upgrade() -> None:
    # The table goes on being written meanwhile. One that was begun before, and broken off, is no index.
    with op.get_context().autocommit_block():
        op.drop_index(_NAME, _TABLE, if_exists=True, postgresql_concurrently=True)
        op.create_index(_NAME, _TABLE, ["subscriber", "failed_at"], postgresql_concurrently=True)


def downgrade() -> None:
    op.drop_index(_NAME, table_name=_TABLE)
