"""threads"""

import sqlalchemy as sa
from alembic import op

revision: str = "9e4c7b15d0a8"
down_revision: str | None = "6d0b3e82f5a9"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "thread",
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("root_seq", sa.BigInteger(), nullable=False),
        sa.Column("reply_count", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=True),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "root_seq", name=op.f("pk_thread")),
    )
    op.create_table(
        "thread_reply",
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("root_seq", sa.BigInteger(), nullable=False),
        sa.Column("sender_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "seq", name=op.f("pk_thread_reply")),
    )
    op.create_index("ix_thread_reply_root_seq", "thread_reply", ["chat_id", "root_seq", "seq"])
    op.create_table(
        "thread_participant",
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("root_seq", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("reply_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "root_seq", "account_id", name=op.f("pk_thread_participant")),
    )
    op.create_table(
        "thread_position",
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("root_seq", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("read_seq", sa.BigInteger(), nullable=False),
        sa.Column("is_following", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["chat_id", "account_id"],
            ["chat_member.chat_id", "chat_member.account_id"],
            name=op.f("fk_thread_position_chat_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("chat_id", "root_seq", "account_id", name=op.f("pk_thread_position")),
    )
    op.create_index("ix_thread_position_account_id", "thread_position", ["account_id", "chat_id"])


def downgrade() -> None:
    for table in ("thread_position", "thread_participant", "thread_reply", "thread"):
        op.drop_table(table)
