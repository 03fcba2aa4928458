"""signs in names are words of their own: `№ 5` finds Школа №5"""

from collections.abc import Callable, Sequence
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from app.utils.canonical import fold
from app.utils.folding import NUMBERS_IN_CIRCLES
from app.utils.names import search_grams, search_text

revision: str = "a8f3d61c29b7"
down_revision: str | None = "d7c2a9e4f016"
branch_labels: str | None = None
depends_on: str | None = None

_AT_ONCE = 1_000
_SIGNS = "№™ℹⓂ\u20e3" + NUMBERS_IN_CIRCLES
_PLACEHOLDERS = {sign: chr(0xE000 + number) for number, sign in enumerate(_SIGNS)}
_FIND = "SELECT id, username, display_name, search_text FROM account WHERE erased_at IS NULL AND display_name ~ :signs"
# An account that was renamed since it was read has its new text.
_SET = """
UPDATE account SET search_text = new.search_text, search_grams = new.search_grams::int[]
FROM unnest(CAST(:ids AS uuid[]), CAST(:olds AS text[]), CAST(:texts AS text[]), CAST(:grams AS text[]))
     AS new(id, old, search_text, search_grams)
WHERE account.id = new.id AND account.search_text = new.old
"""


def upgrade() -> None:
    _fill(search_text)


def downgrade() -> None:
    hidden = str.maketrans(_PLACEHOLDERS)
    as_before = str.maketrans({placeholder: fold(sign) for sign, placeholder in _PLACEHOLDERS.items()})
    _fill(lambda *names: search_text(*(name.translate(hidden) for name in names)).translate(as_before))


def _fill(make_text: Callable[..., str]) -> None:
    """Write the rows whose text changes. Each batch is a transaction, so accounts are locked for a moment."""
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        rows = connection.execute(sa.text(_FIND), {"signs": f"[{_SIGNS}]"})
        made = [(row.id, row.search_text, make_text(row.username, row.display_name)) for row in rows]
        changed = [(account_id, old, text) for account_id, old, text in made if text != old]
        connection.execute(sa.text("SET lock_timeout = '1500ms'"))
        for first in range(0, len(changed), _AT_ONCE):
            _write(connection, changed[first : first + _AT_ONCE])
        connection.execute(sa.text("RESET lock_timeout"))


def _write(connection: sa.Connection, changed: Sequence[tuple[UUID, str, str]]) -> None:
    ids, olds, texts = map(list, zip(*changed, strict=True))
    grams = ["{" + ",".join(map(str, search_grams(text))) + "}" for text in texts]
    connection.execute(sa.text(_SET), {"ids": ids, "olds": olds, "texts": texts, "grams": grams})
