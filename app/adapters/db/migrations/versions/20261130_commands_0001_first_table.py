"""commands: first table

It has a branch of its own: it does not depend on another migration, and none depends on it. So the module can be
removed with its files.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "commands_0001"
down_revision: str | None = None
branch_labels: str | None = "commands_module"
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "bot_command",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "position", name=op.f("pk_bot_command")),
    )


def downgrade() -> None:
    op.drop_table("bot_command")
