"""forwards"""

import sqlalchemy as sa
from alembic import op

revision: str = "1c7f9a40e6d2"
down_revision: str | None = "a9f31b6c4d82"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "message_forward",
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("origin_chat_id", sa.Uuid(), nullable=False),
        sa.Column("origin_seq", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("chat_id", "seq", name=op.f("pk_message_forward")),
    )
    op.create_index(
        "ix_message_forward_author_id",
        "message_forward",
        ["author_id"],
        postgresql_where=sa.text("author_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("message_forward")
