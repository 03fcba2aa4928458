"""canonical emoji: variation selectors only where Unicode requires them"""

import sqlalchemy as sa
from alembic import op

from app.utils.emoji import canonical_emoji

revision: str = "9b20d4c6e8f1"
down_revision: str | None = "5c1e7a90b2d4"
branch_labels: str | None = None
depends_on: str | None = None

_RENAMED = """
CREATE TEMPORARY TABLE renamed ON COMMIT DROP AS
SELECT r.*, new.emoji AS new_emoji
FROM reaction r JOIN unnest(CAST(:old AS text[]), CAST(:new AS text[])) AS new(old_emoji, emoji)
     ON r.emoji = new.old_emoji
"""
_DELETE = """
DELETE FROM reaction r USING renamed n
WHERE r.chat_id = n.chat_id AND r.seq = n.seq AND r.emoji = n.emoji AND r.account_id = n.account_id
"""
# Who gave both forms has given one.
_INSERT = """
INSERT INTO reaction (chat_id, seq, emoji, account_id, created_at)
SELECT chat_id, seq, new_emoji, account_id, min(created_at) FROM renamed GROUP BY 1, 2, 3, 4
ON CONFLICT DO NOTHING
"""
_COUNT = """
UPDATE message m SET reaction_count = now.count
FROM (SELECT r.chat_id, r.seq, count(*) FROM reaction r
      JOIN (SELECT DISTINCT chat_id, seq FROM renamed) n ON n.chat_id = r.chat_id AND n.seq = r.seq
      GROUP BY 1, 2) AS now(chat_id, seq, count)
WHERE m.chat_id = now.chat_id AND m.seq = now.seq AND m.reaction_count <> now.count
"""


def upgrade() -> None:
    connection = op.get_bind()
    stored = connection.scalars(sa.text("SELECT DISTINCT emoji FROM reaction")).all()
    renamed = {emoji: _rename(emoji) for emoji in stored}
    changed = {old: new for old, new in renamed.items() if old != new}
    if not changed:
        return
    connection.execute(sa.text(_RENAMED), {"old": list(changed), "new": list(changed.values())})
    for statement in (_DELETE, _INSERT, _COUNT):
        connection.execute(sa.text(statement))


def _rename(emoji: str) -> str:
    """Return the one form of an emoji. What was written past the API and is no emoji stays as it is."""
    try:
        return canonical_emoji(emoji)
    except ValueError:
        return emoji


def downgrade() -> None:
    pass
