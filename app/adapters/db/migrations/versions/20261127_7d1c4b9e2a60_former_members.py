"""former members, an index of deleted messages, removal of the titles of deleted chats"""

import sqlalchemy as sa
from alembic import op

revision: str = "7d1c4b9e2a60"
down_revision: str | None = "9b20d4c6e8f1"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    # Messages go on being written meanwhile. One that was begun before, and broken off, is no index. The block is the
    # first: what is above it would be committed before it, and fail when the migration is repeated.
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_message_deleted")
        op.create_index(
            "ix_message_deleted",
            "message",
            ["chat_id", "seq"],
            unique=False,
            postgresql_where=sa.text("deleted_at IS NOT NULL"),
            postgresql_concurrently=True,
        )
    op.create_table(
        "former_member",
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("left_event_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "account_id", name=op.f("pk_former_member")),
    )
    op.execute("UPDATE chat SET title = NULL, description = NULL WHERE deleted_at IS NOT NULL")


def downgrade() -> None:
    op.drop_index("ix_message_deleted", table_name="message")
    op.drop_table("former_member")
