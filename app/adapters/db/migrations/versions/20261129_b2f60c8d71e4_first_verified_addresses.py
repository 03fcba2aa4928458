"""when an account's address was verified first"""

import sqlalchemy as sa
from alembic import op

revision: str = "b2f60c8d71e4"
down_revision: str | None = "3e7b9d1c50a6"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("account_mailbox", sa.Column("first_verified_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("account_mailbox", "first_verified_at")
