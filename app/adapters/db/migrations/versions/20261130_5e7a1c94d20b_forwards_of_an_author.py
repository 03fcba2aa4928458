"""the forwards of an author in a chat"""

import sqlalchemy as sa
from alembic import op

revision: str = "5e7a1c94d20b"
down_revision: str | None = "e8a3d05c7f12"
branch_labels: str | None = None
depends_on: str | None = None

_TABLE, _CONDITION = "message_forward", sa.text("author_id IS NOT NULL")
_OLD, _NEW = "ix_message_forward_author_id", "ix_message_forward_author"


def upgrade() -> None:
    # The table goes on being written meanwhile. One that was begun before, and broken off, is no index.
    with op.get_context().autocommit_block():
        op.drop_index(_NEW, _TABLE, if_exists=True, postgresql_concurrently=True)
        op.create_index(
            _NEW,
            _TABLE,
            ["author_id", "chat_id", "seq"],
            postgresql_where=_CONDITION,
            postgresql_concurrently=True,
        )
        op.drop_index(_OLD, _TABLE, if_exists=True, postgresql_concurrently=True)


def downgrade() -> None:
    op.create_index(_OLD, _TABLE, ["author_id"], postgresql_where=_CONDITION)
    op.drop_index(_NEW, table_name=_TABLE)
