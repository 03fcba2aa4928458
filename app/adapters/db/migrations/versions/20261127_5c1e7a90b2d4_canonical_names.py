"""canonical forms of emails and names: one account per mailbox, and an index for the search of accounts"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from loguru import logger

from app.utils.canonical import canonical_email
from app.utils.names import search_grams, search_text

revision: str = "5c1e7a90b2d4"
down_revision: str | None = "2f0e0a4f961f"
branch_labels: str | None = None
depends_on: str | None = None

_UNIQUE, _NEW_UNIQUE = "uq_account_email", "uq_account_email_new"
_AT_ONCE = 1_000
_COPIES = "SELECT email_key, max(email_copy) + 1 AS copies FROM account WHERE email_key IS NOT NULL GROUP BY email_key"
_NEXT = """
SELECT id, email, username, display_name, created_at FROM account
WHERE (created_at, id) > (:created_at, :id) AND email_key IS NULL ORDER BY created_at, id LIMIT :limit
"""
_SET = """
UPDATE account SET email_key = new.email_key, email_copy = new.email_copy, search_text = new.search_text,
                   search_grams = new.search_grams::int[]
FROM unnest(CAST(:ids AS uuid[]), CAST(:keys AS text[]), CAST(:copies AS smallint[]), CAST(:texts AS text[]),
            CAST(:grams AS text[])) AS new(id, email_key, email_copy, search_text, search_grams)
WHERE account.id = new.id
"""
_SHARED = """
SELECT string_agg(username, ', ' ORDER BY email_copy) FROM account
WHERE email_key IS NOT NULL GROUP BY email_key HAVING count(*) > 1
"""


def upgrade() -> None:
    # Accounts go on being read and written meanwhile: each statement is a transaction of its own. A migration that was
    # broken off begins again: an index that was begun before is no index, and rows that have a key are left out.
    with op.get_context().autocommit_block():
        _create_index("ix_account_created_at", ["created_at", "id"])
        _fill_in_steps()
        _create_index(
            "ix_account_search_grams",
            ["search_grams"],
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        )
        _create_index(_NEW_UNIQUE, ["email_key", "email_copy"], unique=True)
        op.drop_index(_UNIQUE, "account", if_exists=True, postgresql_concurrently=True)
        op.execute(f"ALTER INDEX {_NEW_UNIQUE} RENAME TO {_UNIQUE}")
        # Accounts that have signed up meanwhile.
        _fill_in_steps()
        _report_shared_mailboxes()


def _create_index(name: str, columns: Sequence[str], **options: Any) -> None:
    op.drop_index(name, "account", if_exists=True, postgresql_concurrently=True)
    op.create_index(name, "account", columns, postgresql_concurrently=True, **options)


def _fill_in_steps() -> None:
    """Fill, with a limit of the waits for accounts. Indexes wait without one, also when the migration is repeated."""
    connection = op.get_bind()
    connection.execute(sa.text("SET lock_timeout = '1500ms'"))
    try:
        _fill(connection)
    finally:
        connection.execute(sa.text("SET lock_timeout = 0"))


def _fill(connection: sa.Connection) -> None:
    """Compute the new columns. Of several accounts with one mailbox the oldest is the first; all keep signing in."""
    copies = {row.email_key: row.copies for row in connection.execute(sa.text(_COPIES))}
    after = {"created_at": datetime.min.replace(tzinfo=UTC), "id": UUID(int=0)}
    while rows := connection.execute(sa.text(_NEXT), {**after, "limit": _AT_ONCE}).all():
        made = []
        for row in rows:
            key = canonical_email(row.email)
            copy = copies.get(key, 0)
            copies[key] = copy + 1
            text = search_text(row.username, row.display_name)
            grams = "{" + ",".join(map(str, search_grams(text))) + "}"
            made.append((row.id, key, copy, text, grams))
        ids, keys, copies_of, texts, grams_of = (list(column) for column in zip(*made, strict=True))
        values = {"ids": ids, "keys": keys, "copies": copies_of, "texts": texts, "grams": grams_of}
        connection.execute(sa.text(_SET), values)
        after = {"created_at": rows[-1].created_at, "id": rows[-1].id}


def _report_shared_mailboxes() -> None:
    for usernames in op.get_bind().scalars(sa.text(_SHARED)):
        logger.warning(
            "accounts with one and the same mailbox, each signs in by its username or by its address as it is "
            "stored: {}",
            usernames,
        )


def downgrade() -> None:
    op.drop_index("ix_account_search_grams", table_name="account")
    op.drop_index(_UNIQUE, table_name="account")
    op.create_index(_UNIQUE, "account", [sa.literal_column("lower(email)")], unique=True)
    op.drop_index("ix_account_created_at", table_name="account")
