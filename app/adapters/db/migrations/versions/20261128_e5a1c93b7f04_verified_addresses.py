"""verified and pending addresses, and the tokens of mails"""

import sqlalchemy as sa
from alembic import op

revision: str = "e5a1c93b7f04"
down_revision: str | None = "f3b8d6e01c25"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "account_mailbox",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("verified_key", sa.Text(), nullable=True),
        sa.Column("pending_email", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_mailbox_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_mailbox")),
    )
    op.create_table(
        "recovery_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_recovery_token_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_recovery_token")),
    )
    for column in ("account_id", "expires_at"):
        op.create_index(op.f(f"ix_recovery_token_{column}"), "recovery_token", [column])


def downgrade() -> None:
    for table in ("recovery_token", "account_mailbox"):
        op.drop_table(table)
