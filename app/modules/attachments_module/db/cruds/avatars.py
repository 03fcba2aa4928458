"""Avatars, in hand-written SQL. Changes run under the lock of the account's or the chat's stream."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import one_row

# An account that was erased while the module was disabled still has its row.
_LIST_OF_ACCOUNTS = f"""
SELECT a.id, v.attachment_id FROM account_avatar v CROSS JOIN LATERAL {one_row("account", id="v.account_id")} a
WHERE v.account_id = ANY($1) AND a.erased_at IS NULL
"""  # noqa: S608 - constants only
_LIST_OF_CHATS = "SELECT chat_id AS id, attachment_id FROM chat_avatar WHERE chat_id = ANY($1)"
_SET_OF_ACCOUNT = """
INSERT INTO account_avatar (account_id, attachment_id) VALUES ($1, $2)
ON CONFLICT (account_id) DO UPDATE SET attachment_id = excluded.attachment_id
"""
_SET_OF_CHAT = """
INSERT INTO chat_avatar (chat_id, attachment_id, account_id) VALUES ($1, $2, $3)
ON CONFLICT (chat_id) DO UPDATE SET attachment_id = excluded.attachment_id, account_id = excluded.account_id
"""
_DELETE_OF_ACCOUNT = "DELETE FROM account_avatar WHERE account_id = $1 RETURNING attachment_id"
_DELETE_OF_CHAT = "DELETE FROM chat_avatar WHERE chat_id = $1 RETURNING attachment_id"
_FIND_CHAT_SET_BY = "SELECT chat_id FROM chat_avatar WHERE account_id = $1 ORDER BY chat_id LIMIT 1"
# An account that is not erased sees those of all others, a member that of the chat.
_IS_SHOWN_OF_ACCOUNT = """
SELECT EXISTS (SELECT FROM account_avatar WHERE account_id = $1 AND attachment_id = $2)
   AND NOT EXISTS (SELECT FROM account WHERE id IN ($1, $3) AND erased_at IS NOT NULL)
"""
_IS_SHOWN_OF_CHAT = """
SELECT EXISTS (SELECT FROM chat_avatar WHERE chat_id = $1 AND attachment_id = $2)
   AND EXISTS (
       SELECT FROM chat_member m JOIN chat c ON c.id = m.chat_id AND c.deleted_at IS NULL
       WHERE m.chat_id = $1 AND m.account_id = $3
   )
"""


async def list_of_accounts(connection: DatabaseConnection, ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Returns the files of those accounts that have an avatar."""
    return _files(await connection.fetch(_LIST_OF_ACCOUNTS, list(ids)))


async def list_of_chats(connection: DatabaseConnection, ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Returns the files of those chats that have an avatar."""
    return _files(await connection.fetch(_LIST_OF_CHATS, list(ids)))


async def set_of_account(connection: DatabaseConnection, account_id: UUID, attachment_id: UUID) -> None:
    await connection.execute(_SET_OF_ACCOUNT, account_id, attachment_id)


async def set_of_chat(connection: DatabaseConnection, chat_id: UUID, attachment_id: UUID, account_id: UUID) -> None:
    await connection.execute(_SET_OF_CHAT, chat_id, attachment_id, account_id)


async def delete_of_account(connection: DatabaseConnection, account_id: UUID) -> UUID | None:
    """Returns the file that was the avatar, if there was one."""
    attachment_id: UUID | None = await connection.fetchval(_DELETE_OF_ACCOUNT, account_id)
    return attachment_id


async def delete_of_chat(connection: DatabaseConnection, chat_id: UUID) -> UUID | None:
    """Returns the file that was the avatar, if there was one."""
    attachment_id: UUID | None = await connection.fetchval(_DELETE_OF_CHAT, chat_id)
    return attachment_id


async def find_chat_set_by(connection: DatabaseConnection, account_id: UUID) -> UUID | None:
    """Returns a chat whose avatar this account has set."""
    chat_id: UUID | None = await connection.fetchval(_FIND_CHAT_SET_BY, account_id)
    return chat_id


async def is_shown(
    connection: DatabaseConnection, of_chat: bool, owner_id: UUID, attachment_id: UUID, viewer: UUID
) -> bool:
    """Returns True if the file is the avatar of this account or chat now, and the viewer may see it."""
    statement = _IS_SHOWN_OF_CHAT if of_chat else _IS_SHOWN_OF_ACCOUNT
    return bool(await connection.fetchval(statement, owner_id, attachment_id, viewer))


def _files(rows: Sequence[Any]) -> dict[UUID, UUID]:
    return {row["id"]: row["attachment_id"] for row in rows}
