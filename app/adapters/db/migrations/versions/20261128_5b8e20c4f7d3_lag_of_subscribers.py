"""lag of subscribers"""

import sqlalchemy as sa
from alembic import op

revision: str = "5b8e20c4f7d3"
down_revision: str | None = "b7d0e4a1c36f"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("subscriber", sa.Column("events_behind", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("subscriber", sa.Column("behind_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("subscriber_sweep", sa.Column("behind", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("subscriber_sweep", "behind")
    op.drop_column("subscriber", "behind_since")
    op.drop_column("subscriber", "events_behind")
