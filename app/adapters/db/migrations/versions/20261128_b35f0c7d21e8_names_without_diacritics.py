"""search of names without diacritics: `ежик` finds Ёжик"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from app.utils.canonical import fold
from app.utils.names import search_grams, search_text

revision: str = "b35f0c7d21e8"
down_revision: str | None = "b7d0e4a1c36f"
branch_labels: str | None = None
depends_on: str | None = None

_AT_ONCE = 5_000
_NEXT = """
SELECT id, username, display_name, search_text, created_at FROM account
WHERE (created_at, id) > (:created_at, :id) AND erased_at IS NULL ORDER BY created_at, id LIMIT :limit
"""
_SET = """
UPDATE account SET search_text = new.search_text, search_grams = new.search_grams::int[]
FROM unnest(CAST(:ids AS uuid[]), CAST(:texts AS text[]), CAST(:grams AS text[])) AS new(id, search_text, search_grams)
WHERE account.id = new.id
"""


def upgrade() -> None:
    _fill(search_text)


def downgrade() -> None:
    _fill(lambda *names: "\n".join(" ".join(fold(name).split()) for name in names))


def _fill(make_text: Callable[..., str]) -> None:
    """Write the rows whose text changes: few of most servers."""
    connection = op.get_bind()
    after = {"created_at": datetime.min.replace(tzinfo=UTC), "id": UUID(int=0)}
    while rows := connection.execute(sa.text(_NEXT), {**after, "limit": _AT_ONCE}).all():
        made = [(row.id, make_text(row.username, row.display_name), row.search_text) for row in rows]
        _write(connection, [(account_id, text) for account_id, text, old in made if text != old])
        after = {"created_at": rows[-1].created_at, "id": rows[-1].id}


def _write(connection: sa.Connection, changed: Sequence[tuple[UUID, str]]) -> None:
    if changed:
        ids, texts = map(list, zip(*changed, strict=True))
        grams = ["{" + ",".join(map(str, search_grams(text))) + "}" for text in texts]
        connection.execute(sa.text(_SET), {"ids": ids, "texts": texts, "grams": grams})
