"""the read position that a member got by joining"""

import sqlalchemy as sa
from alembic import op

revision: str = "3e7b9d1c50a6"
down_revision: str | None = "9a4f1c7e52b8"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("chat_member", sa.Column("joined_read_seq", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("chat_member", "joined_read_seq")
