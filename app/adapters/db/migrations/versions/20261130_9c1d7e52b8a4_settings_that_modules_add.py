"""notification settings that modules contribute"""

import sqlalchemy as sa
from alembic import op

revision: str = "9c1d7e52b8a4"
down_revision: str | None = "4b8d2f6c19e3"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("notification_settings", sa.Column("more", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("notification_settings", "more")
