"""the files of a chat by their kind"""

from alembic import op

revision: str = "e2c95a7b41d3"
down_revision: str | None = "e1a7d4c93b60"
branch_labels: str | None = None
depends_on: str | None = None

_NAME, _TABLE = "ix_message_attachment_kind", "message_attachment"


def upgrade() -> None:
    # The table goes on being written meanwhile. One that was begun before, and broken off, is no index.
    with op.get_context().autocommit_block():
        op.drop_index(_NAME, _TABLE, if_exists=True, postgresql_concurrently=True)
        op.create_index(_NAME, _TABLE, ["chat_id", "kind", "seq"], postgresql_concurrently=True)


def downgrade() -> None:
    op.drop_index(_NAME, table_name=_TABLE)
