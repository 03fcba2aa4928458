"""pinned messages"""

import sqlalchemy as sa
from alembic import op

revision: str = "d1f4a86c3b95"
down_revision: str | None = "a4c81f0e92d7"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "message_pin",
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "seq", name=op.f("pk_message_pin")),
    )


def downgrade() -> None:
    op.drop_table("message_pin")
