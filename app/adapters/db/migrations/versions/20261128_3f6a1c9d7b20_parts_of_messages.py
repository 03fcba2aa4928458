"""parts of messages"""

import sqlalchemy as sa
from alembic import op

revision: str = "3f6a1c9d7b20"
down_revision: str | None = "c0b7e92d41fa"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    # No defaults: no row is touched, and the locks are held for a moment.
    op.add_column("chat", sa.Column("send_checks", sa.ARRAY(sa.Text()), nullable=True))
    op.add_column("message", sa.Column("parts", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("message", "parts")
    op.drop_column("chat", "send_checks")
