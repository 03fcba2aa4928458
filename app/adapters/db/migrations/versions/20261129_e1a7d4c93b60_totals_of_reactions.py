"""totals of reactions: a message with thousands of them is read without counting them"""

import sqlalchemy as sa
from alembic import op

revision: str = "e1a7d4c93b60"
down_revision: str | None = "d5b80f2e6a17"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    # The totals of a message are written by the next change of its reactions.
    op.add_column("message", sa.Column("reaction_totals", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("message", "reaction_totals")
