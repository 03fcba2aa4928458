"""jobs and their schedules"""

import sqlalchemy as sa
from alembic import op

revision: str = "c0b7e92d41fa"
down_revision: str | None = "8d41f2c07a55"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("lease_id", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "id", name=op.f("pk_job")),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        "uq_job_key",
        "job",
        ["owner_id", "name", "key"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting' AND key IS NOT NULL"),
    )
    op.create_index(
        "ix_job_due",
        "job",
        ["lane", sa.text("coalesce(leased_until, run_at)")],
        postgresql_where=sa.text("state <> 'dead'"),
    )
    op.create_table(
        "job_schedule",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_schedule")),
    )


def downgrade() -> None:
    op.drop_table("job_schedule")
    op.drop_table("job")
