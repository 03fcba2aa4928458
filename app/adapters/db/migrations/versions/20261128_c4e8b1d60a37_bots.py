"""bots, and the roles of members that others limit"""

import sqlalchemy as sa
from alembic import op

revision: str = "c4e8b1d60a37"
down_revision: tuple[str, str] = ("9c4e2f71a8d6", "c9e5a27f4b13")
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("account", sa.Column("is_bot", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("chat_member", sa.Column("given_role", sa.Text(), nullable=True))
    op.create_table(
        "bot",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_bot_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f("fk_bot_owner_id_account"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_bot")),
    )
    op.create_index(op.f("ix_bot_owner_id"), "bot", ["owner_id"])


def downgrade() -> None:
    op.drop_table("bot")
    op.drop_column("chat_member", "given_role")
    op.drop_column("account", "is_bot")
