"""dead jobs by their names"""

import sqlalchemy as sa
from alembic import op

revision: str = "c83f6b02e7d5"
down_revision: str | None = "5e7a1c94d20b"
branch_labels: str | None = None
depends_on: str | None = None

_NAME, _TABLE, _CONDITION = "ix_job_dead", "job", sa.text("state = 'dead'")


def upgrade() -> None:
    # The table goes on being written meanwhile. One that was begun before, and broken off, is no index.
    with op.get_context().autocommit_block():
        op.drop_index(_NAME, _TABLE, if_exists=True, postgresql_concurrently=True)
        op.create_index(_NAME, _TABLE, ["name", "run_at"], postgresql_where=_CONDITION, postgresql_concurrently=True)


def downgrade() -> None:
    op.drop_index(_NAME, table_name=_TABLE)
