"""usernames reserved for their former owners; the account that added a member, and the setting of who may add one"""

import sqlalchemy as sa
from alembic import op

revision: str = "75703a6da9f9"
down_revision: str | None = "9ddd7948b3d0"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "username_hold",
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_username_hold_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_username_hold")),
    )
    op.create_index(op.f("ix_username_hold_account_id"), "username_hold", ["account_id"])
    op.add_column("account", sa.Column("who_may_add", sa.Text(), server_default="everyone", nullable=False))
    op.add_column("account_chat", sa.Column("added_by", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("account_chat", "added_by")
    op.drop_column("account", "who_may_add")
    op.drop_table("username_hold")
