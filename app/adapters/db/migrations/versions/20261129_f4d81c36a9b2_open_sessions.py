"""the open sessions of an account"""

import sqlalchemy as sa
from alembic import op

revision: str = "f4d81c36a9b2"
down_revision: str | None = "e2c95a7b41d3"
branch_labels: str | None = None
depends_on: str | None = None

_NAME, _TABLE = "ix_auth_session_open", "auth_session"


def upgrade() -> None:
    # The table goes on being written meanwhile. One that was begun before, and broken off, is no index.
    with op.get_context().autocommit_block():
        op.drop_index(_NAME, _TABLE, if_exists=True, postgresql_concurrently=True)
        op.create_index(
            _NAME, _TABLE, ["account_id"], postgresql_where=sa.text("revoked_at IS NULL"), postgresql_concurrently=True
        )


def downgrade() -> None:
    op.drop_index(_NAME, table_name=_TABLE)
