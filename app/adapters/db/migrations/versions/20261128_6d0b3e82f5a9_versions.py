"""versions"""

import sqlalchemy as sa
from alembic import op

revision: str = "6d0b3e82f5a9"
down_revision: str | None = "1c7f9a40e6d2"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "message_version",
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("sender_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "seq", "number", name=op.f("pk_message_version")),
    )
    op.create_index(op.f("ix_message_version_sender_id"), "message_version", ["sender_id"])


def downgrade() -> None:
    op.drop_table("message_version")
