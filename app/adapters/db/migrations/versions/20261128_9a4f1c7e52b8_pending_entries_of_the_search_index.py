"""pending entries of the search index"""

from alembic import op

revision: str = "9a4f1c7e52b8"
down_revision: str | None = "d81f6a30c9e5"
branch_labels: str | None = None
depends_on: str | None = None

_ON = (
    "ALTER INDEX ix_search_message_tsv SET (fastupdate = on, gin_pending_list_limit = 512)",
    "ALTER INDEX ix_search_message_next_tsv SET (fastupdate = on, gin_pending_list_limit = 512)",
)
# Later inserts do not merge what is pending.
_OFF = (
    "ALTER INDEX ix_search_message_tsv SET (fastupdate = off)",
    "ALTER INDEX ix_search_message_tsv RESET (gin_pending_list_limit)",
    "SELECT gin_clean_pending_list('ix_search_message_tsv'::regclass)",
    "ALTER INDEX ix_search_message_next_tsv SET (fastupdate = off)",
    "ALTER INDEX ix_search_message_next_tsv RESET (gin_pending_list_limit)",
    "SELECT gin_clean_pending_list('ix_search_message_next_tsv'::regclass)",
)


def upgrade() -> None:
    for statement in _ON:
        op.execute(statement)


def downgrade() -> None:
    for statement in _OFF:
        op.execute(statement)
