"""blocks between accounts"""

import sqlalchemy as sa
from alembic import op

revision: str = "d8f2a6c40b19"
down_revision: str | None = "c4e8b1d60a37"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "account_block",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("blocked_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "blocked_id", name=op.f("pk_account_block")),
    )
    op.create_index(op.f("ix_account_block_blocked_id"), "account_block", ["blocked_id"])


def downgrade() -> None:
    op.drop_table("account_block")
