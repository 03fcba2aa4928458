"""a counter of consecutive wrong passwords, and an index of sessions by their expiry"""

import sqlalchemy as sa
from alembic import op

revision: str = "8d41f2c07a55"
down_revision: str | None = "d3a6f0b81c52"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "sign_in_failures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("forget_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failures")),
    )
    op.create_index(
        "ix_sign_in_failures_forget_at",
        "sign_in_failures",
        ["forget_at"],
        postgresql_where=sa.text("forget_at IS NOT NULL"),
    )
    op.create_index("ix_auth_session_expires_at", "auth_session", ["expires_at"])


def downgrade() -> None:
    op.drop_index("ix_auth_session_expires_at", table_name="auth_session")
    op.drop_table("sign_in_failures")
