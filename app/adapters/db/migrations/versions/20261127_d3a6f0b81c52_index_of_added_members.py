"""an index of the chats that other accounts have added an account to"""

import sqlalchemy as sa
from alembic import op

revision: str = "d3a6f0b81c52"
down_revision: str | None = "75703a6da9f9"
branch_labels: str | None = None
depends_on: str | None = None

_NAME, _TABLE = "ix_account_chat_added_by", "account_chat"


def upgrade() -> None:
    # The table goes on being written meanwhile. One that was begun before, and broken off, is no index.
    with op.get_context().autocommit_block():
        op.drop_index(_NAME, _TABLE, if_exists=True, postgresql_concurrently=True)
        op.create_index(
            _NAME,
            _TABLE,
            ["account_id", "added_by"],
            postgresql_where=sa.text("added_by IS NOT NULL"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.drop_index(_NAME, table_name=_TABLE)
