"""avatars"""

import sqlalchemy as sa
from alembic import op

revision: str = "9c4e2f71a8d6"
down_revision: str | None = "9e4c7b15d0a8"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "account_avatar",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_avatar")),
    )
    op.create_table(
        "chat_avatar",
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", name=op.f("pk_chat_avatar")),
    )
    op.create_index(op.f("ix_chat_avatar_account_id"), "chat_avatar", ["account_id"])


def downgrade() -> None:
    op.drop_table("chat_avatar")
    op.drop_table("account_avatar")
