"""drafts"""

import sqlalchemy as sa
from alembic import op

revision: str = "f3b8d6e01c25"
down_revision: str | None = "e2a7c5d90b14"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reply_to_seq", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["chat_id", "account_id"],
            ["chat_member.chat_id", "chat_member.account_id"],
            name=op.f("fk_draft_chat_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("chat_id", "account_id", name=op.f("pk_draft")),
    )
    op.create_index(op.f("ix_draft_account_id"), "draft", ["account_id"])
    op.create_index(
        "ix_draft_reply_to_seq",
        "draft",
        ["chat_id", "reply_to_seq"],
        postgresql_where=sa.text("reply_to_seq IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("draft")
