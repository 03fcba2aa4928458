"""the mailboxes that tokens were sent to"""

import sqlalchemy as sa
from alembic import op

revision: str = "b8d27e4f9c15"
down_revision: str | None = "a7e13f5c80d4"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("recovery_token", sa.Column("email_key", sa.Text(), nullable=True))
    # The table has the mails of a few days.
    op.create_index(op.f("ix_recovery_token_email_key"), "recovery_token", ["email_key"])


def downgrade() -> None:
    op.drop_column("recovery_token", "email_key")
