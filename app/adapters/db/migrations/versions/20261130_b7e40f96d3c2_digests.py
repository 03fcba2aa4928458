"""mails about unread messages"""

import sqlalchemy as sa
from alembic import op

revision: str = "b7e40f96d3c2"
down_revision: str | None = "5d3b8e17f4a2"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "digest_position",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "chat_id", name=op.f("pk_digest_position")),
    )
    op.create_index(op.f("ix_digest_position_chat_id"), "digest_position", ["chat_id"])
    op.create_index(
        "ix_digest_position_due_at", "digest_position", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.create_table(
        "digest_chat",
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", name=op.f("pk_digest_chat")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "digest_search",
        sa.Column("id", sa.Integer(), server_default=sa.text("1"), autoincrement=False, nullable=False),
        sa.Column("after", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_search")),
    )


def downgrade() -> None:
    op.drop_table("digest_search")
    op.drop_table("digest_chat")
    op.drop_table("digest_position")
