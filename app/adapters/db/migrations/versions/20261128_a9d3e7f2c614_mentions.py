"""mentions"""

import sqlalchemy as sa
from alembic import op

revision: str = "a9d3e7f2c614"
down_revision: str | None = "a6c3e81d5f27"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "message_mention",
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("mentioned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "account_id", "seq", name=op.f("pk_message_mention")),
    )
    op.create_index("ix_message_mention_seq", "message_mention", ["chat_id", "seq"])
    op.create_index(
        "ix_message_mention_mentioned_at", "message_mention", ["chat_id", "account_id", "mentioned_at", "seq"]
    )


def downgrade() -> None:
    op.drop_table("message_mention")
