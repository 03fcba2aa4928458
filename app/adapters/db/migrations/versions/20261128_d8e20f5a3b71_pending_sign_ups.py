"""sign-ups that wait for the verification of their address"""

import sqlalchemy as sa
from alembic import op

revision: str = "d8e20f5a3b71"
down_revision: str | None = "c7d19e4f2a60"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "pending_sign_up",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuid_generate_v4()"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_sign_up")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_pending_sign_up_token_hash")),
    )
    for column in ("email_key", "expires_at"):
        op.create_index(op.f(f"ix_pending_sign_up_{column}"), "pending_sign_up", [column])


def downgrade() -> None:
    op.drop_table("pending_sign_up")
