"""columns for canonical forms of emails and names"""

import sqlalchemy as sa
from alembic import op

revision: str = "2f0e0a4f961f"
down_revision: str | None = "48084b23c339"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("account", sa.Column("email_key", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("email_copy", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("account", sa.Column("search_text", sa.Text(), server_default="", nullable=False))
    op.add_column("account", sa.Column("search_grams", sa.ARRAY(sa.Integer()), server_default="{}", nullable=False))


def downgrade() -> None:
    for column in ("search_grams", "search_text", "email_copy", "email_key"):
        op.drop_column("account", column)
