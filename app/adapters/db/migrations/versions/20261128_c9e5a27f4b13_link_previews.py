"""link previews"""

import sqlalchemy as sa
from alembic import op

revision: str = "c9e5a27f4b13"
down_revision: str | None = "9e4c7b15d0a8"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "link_preview_page",
        sa.Column("url_hash", sa.LargeBinary(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("site_name", sa.Text(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("url_hash", name=op.f("pk_link_preview_page")),
    )
    op.create_index(op.f("ix_link_preview_page_fetched_at"), "link_preview_page", ["fetched_at"])
    op.create_table(
        "removed_link_preview",
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "seq", name=op.f("pk_removed_link_preview")),
    )


def downgrade() -> None:
    op.drop_table("removed_link_preview")
    op.drop_table("link_preview_page")
