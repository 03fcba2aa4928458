"""accounts that are leaving"""

import sqlalchemy as sa
from alembic import op

revision: str = "e6b1d3f80c52"
down_revision: str | None = "d8f2a6c40b19"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "account_leaving",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("messages", sa.Text(), nullable=False),
        sa.Column("erase_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_leaving_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_leaving")),
    )


def downgrade() -> None:
    op.drop_table("account_leaving")
