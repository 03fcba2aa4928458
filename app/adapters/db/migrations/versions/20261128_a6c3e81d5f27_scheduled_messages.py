"""scheduled messages"""

import sqlalchemy as sa
from alembic import op

revision: str = "a6c3e81d5f27"
down_revision: str | None = "e5a1c93b7f04"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "scheduled_message",
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_msg_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("joined_event_seq", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "account_id", "id", name=op.f("pk_scheduled_message")),
        sa.UniqueConstraint(
            "chat_id",
            "account_id",
            "client_msg_id",
            name=op.f("uq_scheduled_message_chat_id_account_id_client_msg_id"),
        ),
    )
    op.create_index(op.f("ix_scheduled_message_account_id"), "scheduled_message", ["account_id"])


def downgrade() -> None:
    op.drop_table("scheduled_message")
