"""the accounts that pay for the files of others, as owners for those of their bots"""

import sqlalchemy as sa
from alembic import op

revision: str = "c6e1f94b2d70"
down_revision: str | None = "a8f3d61c29b7"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("attachment_usage", sa.Column("payer_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("attachment_usage", "payer_id")
