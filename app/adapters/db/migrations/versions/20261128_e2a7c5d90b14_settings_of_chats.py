"""settings that each member has for a chat"""

import sqlalchemy as sa
from alembic import op

revision: str = "e2a7c5d90b14"
down_revision: str | None = "d1f4a86c3b95"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "chat_settings",
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("muted_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_archived", sa.Boolean(), nullable=False),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        sa.Column("notify", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chat_id", "account_id"],
            ["chat_member.chat_id", "chat_member.account_id"],
            name=op.f("fk_chat_settings_chat_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("chat_id", "account_id", name=op.f("pk_chat_settings")),
    )
    op.create_index(op.f("ix_chat_settings_account_id"), "chat_settings", ["account_id"])


def downgrade() -> None:
    op.drop_table("chat_settings")
