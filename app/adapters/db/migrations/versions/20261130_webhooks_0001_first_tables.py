"""webhooks: first tables

It has a branch of its own: it does not depend on another migration, and none depends on it. So the module can be
removed with its files.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "webhooks_0001"
down_revision: str | None = None
branch_labels: str | None = "webhooks_module"
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("chat_ids", sa.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("paused_reason", sa.Text(), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token_id", sa.Uuid(), nullable=True),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("previous_secret", sa.LargeBinary(), nullable=True),
        sa.Column("previous_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_webhook")),
    )
    op.create_index("ix_webhook_active", "webhook", ["account_id", "id"], postgresql_where=sa.text("state = 'active'"))
    op.create_table(
        "webhook_cursor",
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("behind_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("stream_id", "webhook_id", name=op.f("pk_webhook_cursor")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        "ix_webhook_cursor_account_id_webhook_id_stream_id",
        "webhook_cursor",
        ["account_id", "webhook_id", "stream_id"],
    )
    op.create_index(
        "ix_webhook_cursor_behind_since",
        "webhook_cursor",
        ["behind_since"],
        postgresql_where=sa.text("behind_since IS NOT NULL"),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "webhook_id", "at", "stream_id", "seq", name=op.f("pk_webhook_delivery")),
    )
    op.create_index(op.f("ix_webhook_delivery_at"), "webhook_delivery", ["at"])


def downgrade() -> None:
    for table in ("webhook_delivery", "webhook_cursor", "webhook"):
        op.drop_table(table)
