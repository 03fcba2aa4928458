"""what sessions depend on beside this server"""

import sqlalchemy as sa
from alembic import op

revision: str = "a4c8e1f7d209"
down_revision: str | None = "d27a9c5f18e4"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("auth_session", sa.Column("origin", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("auth_session", "origin")
