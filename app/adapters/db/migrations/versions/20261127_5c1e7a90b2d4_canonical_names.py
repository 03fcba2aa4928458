"""canonical forms of emails and names: one account per mailbox, and an index for the search of accounts"""

from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from loguru import logger

from app.utils.canonical import canonical_email
from app.utils.names import search_grams, search_text

revision: str = "5c1e7a90b2d4"
down_revision: str | None = "48084b23c339"
branch_labels: str | None = None
depends_on: str | None = None

_AT_ONCE = 5_000
_NEXT = """
SELECT id, email, username, display_name, created_at FROM account
WHERE (created_at, id) > (:created_at, :id) ORDER BY created_at, id LIMIT :limit
"""
_SET = """
UPDATE account SET email_key = new.email_key, email_copy = new.email_copy, search_text = new.search_text,
                   search_grams = new.search_grams::int[]
FROM unnest(CAST(:ids AS uuid[]), CAST(:keys AS text[]), CAST(:copies AS smallint[]), CAST(:texts AS text[]),
            CAST(:grams AS text[])) AS new(id, email_key, email_copy, search_text, search_grams)
WHERE account.id = new.id
"""


def upgrade() -> None:
    op.add_column("account", sa.Column("email_key", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("email_copy", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("account", sa.Column("search_text", sa.Text(), server_default="", nullable=False))
    op.add_column("account", sa.Column("search_grams", sa.ARRAY(sa.Integer()), server_default="{}", nullable=False))
    op.create_index("ix_account_created_at", "account", ["created_at", "id"])
    _fill()
    op.drop_index("uq_account_email", table_name="account")
    op.create_index("uq_account_email", "account", ["email_key", "email_copy"], unique=True)
    op.create_index(
        "ix_account_search_grams",
        "account",
        ["search_grams"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )


def _fill() -> None:
    """Compute the new columns. Of several accounts with one mailbox the oldest is the first; all keep signing in."""
    connection = op.get_bind()
    seen: dict[str, list[str]] = {}
    after = {"created_at": datetime.min.replace(tzinfo=UTC), "id": UUID(int=0)}
    while rows := connection.execute(sa.text(_NEXT), {**after, "limit": _AT_ONCE}).all():
        made = []
        for row in rows:
            key = canonical_email(row.email)
            accounts = seen.setdefault(key, [])
            text = search_text(row.username, row.display_name)
            grams = "{" + ",".join(map(str, search_grams(text))) + "}"
            made.append((row.id, key, len(accounts), text, grams))
            accounts.append(row.username)
        ids, keys, copies, texts, grams_of = (list(column) for column in zip(*made, strict=True))
        values = {"ids": ids, "keys": keys, "copies": copies, "texts": texts, "grams": grams_of}
        connection.execute(sa.text(_SET), values)
        after = {"created_at": rows[-1].created_at, "id": rows[-1].id}
    for accounts in seen.values():
        if len(accounts) > 1:
            logger.warning(
                "accounts with one and the same mailbox, each signs in by its username or by its address as it is "
                "stored: {}",
                ", ".join(accounts),
            )


def downgrade() -> None:
    op.drop_index("ix_account_search_grams", table_name="account")
    op.drop_index("uq_account_email", table_name="account")
    op.create_index("uq_account_email", "account", [sa.literal_column("lower(email)")], unique=True)
    op.drop_index("ix_account_created_at", table_name="account")
    for column in ("search_grams", "search_text", "email_copy", "email_key"):
        op.drop_column("account", column)
