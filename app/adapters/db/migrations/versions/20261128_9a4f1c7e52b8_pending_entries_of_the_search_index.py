"""pending entries of the search index"""

from alembic import op

revision: str = "9a4f1c7e52b8"
down_revision: str | None = "d81f6a30c9e5"
branch_labels: str | None = None
depends_on: str | None = None

_INDEXES = ("ix_search_message_tsv", "ix_search_message_next_tsv")


def upgrade() -> None:
    for index in _INDEXES:
        op.execute(f"ALTER INDEX {index} SET (fastupdate = on, gin_pending_list_limit = 512)")


def downgrade() -> None:
    for index in _INDEXES:
        op.execute(f"ALTER INDEX {index} SET (fastupdate = off)")
        op.execute(f"ALTER INDEX {index} RESET (gin_pending_list_limit)")
        # Later inserts do not merge what is pending.
        op.execute(f"SELECT gin_clean_pending_list('{index}'::regclass)")
