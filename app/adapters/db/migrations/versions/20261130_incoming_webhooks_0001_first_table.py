"""incoming_webhooks: first table

It has a branch of its own: it does not depend on another migration, and none depends on it. So the module can be
removed with its files.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "incoming_webhooks_0001"
down_revision: str | None = None
branch_labels: str | None = "incoming_webhooks_module"
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "incoming_webhook",
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("joined_event_seq", sa.BigInteger(), nullable=False),
        sa.Column("token_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "id", name=op.f("pk_incoming_webhook")),
        sa.UniqueConstraint("chat_id", "token_hash", name=op.f("uq_incoming_webhook_chat_id_token_hash")),
    )
    op.create_index(op.f("ix_incoming_webhook_account_id"), "incoming_webhook", ["account_id"])


def downgrade() -> None:
    op.drop_table("incoming_webhook")
