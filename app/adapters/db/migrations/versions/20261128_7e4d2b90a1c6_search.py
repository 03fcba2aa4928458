"""the search index of messages"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "7e4d2b90a1c6"
down_revision: str | None = "3f6a1c9d7b20"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    # Messages are indexed afterwards, in the background.
    for table in ("search_message", "search_message_next"):
        op.create_table(
            table,
            sa.Column("chat_id", sa.Uuid(), nullable=False),
            sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("seq", sa.BigInteger(), nullable=False),
            sa.Column("revision", sa.BigInteger(), nullable=False),
            sa.Column("tsv", postgresql.TSVECTOR(), nullable=False),
            sa.PrimaryKeyConstraint("chat_id", "sent_at", "seq", name=op.f(f"pk_{table}")),
        )
        op.create_index(
            f"ix_{table}_tsv", table, ["tsv"], postgresql_using="gin", postgresql_with={"fastupdate": "off"}
        )
    build = op.create_table(
        "search_build",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("chat_id", sa.Uuid(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_search_build")),
    )
    op.bulk_insert(
        build,
        [{"name": "messages", "state": "ready", "is_first": False, "form": "4", "seq": 0, "done": 0, "total": 0}],
    )


def downgrade() -> None:
    for table in ("search_build", "search_message_next", "search_message"):
        op.drop_table(table)
