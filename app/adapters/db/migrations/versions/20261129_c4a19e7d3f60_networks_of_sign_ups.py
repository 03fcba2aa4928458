"""where sign-ups with an unverified address come from"""

import sqlalchemy as sa
from alembic import op

revision: str = "c4a19e7d3f60"
down_revision: str | None = "b2f60c8d71e4"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("pending_sign_up", sa.Column("network", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("pending_sign_up", "network")
