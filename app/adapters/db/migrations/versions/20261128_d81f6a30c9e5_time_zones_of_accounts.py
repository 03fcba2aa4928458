"""the time zone of the mails to an account"""

import sqlalchemy as sa
from alembic import op

revision: str = "d81f6a30c9e5"
down_revision: str | None = "f2c7a40d8e63"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("notification_settings", sa.Column("time_zone", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("notification_settings", "time_zone")
