"""erased accounts; indexes of reserved usernames and of former members"""

import sqlalchemy as sa
from alembic import op

revision: str = "b7d0e4a1c36f"
down_revision: str | None = "7e4d2b90a1c6"
branch_labels: str | None = None
depends_on: str | None = None

_REQUIRED_BEFORE = ("email", "password_hash")


def upgrade() -> None:
    op.add_column("account", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    # `email_key` is already nullable, except where an earlier form of 5c1e7a90b2d4 added it.
    for name in (*_REQUIRED_BEFORE, "email_key"):
        op.alter_column("account", name, nullable=True)
    op.create_index(op.f("ix_username_hold_held_until"), "username_hold", ["held_until"])
    op.create_index(op.f("ix_former_member_account_id"), "former_member", ["account_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_former_member_account_id"), table_name="former_member")
    op.drop_index(op.f("ix_username_hold_held_until"), table_name="username_hold")
    op.execute("UPDATE account SET email = id::text, password_hash = '' WHERE erased_at IS NOT NULL")
    for name in _REQUIRED_BEFORE:
        op.alter_column("account", name, nullable=False)
    op.drop_column("account", "erased_at")
