"""Incoming webhooks. They are added, changed and deleted under the lock of their chat's stream."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import ChatFamilyModel
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import delete_of_chat, one_row


class IncomingWebhook(ChatFamilyModel):
    """An incoming webhook of a chat. `account_id` has created it and is the sender of its messages.

    - `token_hash`: SHA-256 of the token, which is random and cannot be guessed.
    - `joined_event_seq`: identifies the membership of the account. The webhook ends with this membership.
    - `token_id`: the API key that has created it, NULL for a session. The webhook ends with the key.
    """

    __tablename__ = "incoming_webhook"
    __table_args__ = (UniqueConstraint("chat_id", "token_hash"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    joined_event_seq: Mapped[int] = mapped_column(BigInteger)
    token_id: Mapped[UUID | None]
    created_at: Mapped[datetime]


_SHOWN = "id, account_id, name, token_id, created_at"
_INSERT = f"""
INSERT INTO incoming_webhook (chat_id, id, account_id, name, token_hash, joined_event_seq, token_id, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {_SHOWN}
"""  # noqa: S608 - constants only
_LIST = f"SELECT {_SHOWN} FROM incoming_webhook WHERE chat_id = $1 ORDER BY created_at DESC, id DESC"  # noqa: S608
_FIND = f"SELECT {_SHOWN} FROM incoming_webhook WHERE chat_id = $1 AND id = $2"  # noqa: S608 - constants only
_FIND_BY_TOKEN = "SELECT id, account_id FROM incoming_webhook WHERE chat_id = $1 AND token_hash = $2"  # noqa: S105
_RENAME = f"""
UPDATE incoming_webhook SET name = $3 WHERE chat_id = $1 AND id = $2 RETURNING {_SHOWN}
"""  # noqa: S608 - constants only
_DELETE = "DELETE FROM incoming_webhook WHERE chat_id = $1 AND id = $2 RETURNING id"
_DELETE_OF_MEMBER = """
DELETE FROM incoming_webhook
WHERE chat_id = $1 AND account_id = $2 AND joined_event_seq < $3 AND ($4::timestamptz IS NULL OR created_at < $4)
RETURNING id, EXISTS (SELECT FROM chat WHERE id = $1 AND deleted_at IS NULL) AS is_in_chat
"""
_DELETE_OF_KEYS = """
DELETE FROM incoming_webhook WHERE chat_id = $1 AND token_id = ANY($2::uuid[])
RETURNING id, EXISTS (SELECT FROM chat WHERE id = $1 AND deleted_at IS NULL) AS is_in_chat
"""
_PAGE_OF_KEYS = """
SELECT chat_id, id, token_id FROM incoming_webhook
WHERE (chat_id, id) > ($1, $2) AND token_id IS NOT NULL ORDER BY chat_id, id LIMIT $3
"""
_FIND_CHAT_WITH = """
SELECT chat_id FROM incoming_webhook WHERE account_id = $1 AND ($2::timestamptz IS NULL OR created_at < $2) LIMIT 1
"""
_HAVE_ANY = """
SELECT DISTINCT h.chat_id FROM unnest($1::uuid[], $2::uuid[]) AS gone(chat_id, account_id)
JOIN incoming_webhook h ON h.chat_id = gone.chat_id AND h.account_id = gone.account_id
"""
# Of memberships that have ended since, also of accounts that are members again, there is none.
_OF_MEMBERS = f"""
SELECT h.chat_id, h.id, h.name, h.token_id
FROM unnest($1::uuid[], $2::uuid[]) AS named(chat_id, id)
CROSS JOIN LATERAL {one_row("incoming_webhook", chat_id="named.chat_id", id="named.id")} h
CROSS JOIN LATERAL {one_row("chat_member", chat_id="h.chat_id", account_id="h.account_id")} m
WHERE m.joined_event_seq = h.joined_event_seq
"""  # noqa: S608 - constants only
PURGE = delete_of_chat("incoming_webhook", "id")


async def insert(
    connection: DatabaseConnection,
    chat_id: UUID,
    hook_id: UUID,
    account_id: UUID,
    name: str,
    token_hash: bytes,
    joined_event_seq: int,
    token_id: UUID | None,
    at: datetime,
) -> Any:
    """Returns the webhook."""
    (row,) = await connection.fetch(
        _INSERT, chat_id, hook_id, account_id, name, token_hash, joined_event_seq, token_id, at
    )
    return row


async def list_of_chat(connection: DatabaseConnection, chat_id: UUID) -> Sequence[Any]:
    """Returns the webhooks of a chat, the newest first."""
    return list(await connection.fetch(_LIST, chat_id))


async def find(connection: DatabaseConnection, chat_id: UUID, hook_id: UUID) -> Any | None:
    rows = await connection.fetch(_FIND, chat_id, hook_id)
    return rows[0] if rows else None


async def find_by_token(connection: DatabaseConnection, chat_id: UUID, token_hash: bytes) -> Any | None:
    """Returns the id of the webhook and the account that has created it."""
    rows = await connection.fetch(_FIND_BY_TOKEN, chat_id, token_hash)
    return rows[0] if rows else None


async def rename(connection: DatabaseConnection, chat_id: UUID, hook_id: UUID, name: str) -> Any:
    """Returns the webhook as it is now. It must exist."""
    (row,) = await connection.fetch(_RENAME, chat_id, hook_id, name)
    return row


async def delete(connection: DatabaseConnection, chat_id: UUID, hook_id: UUID) -> bool:
    """Returns True if there was one."""
    return await connection.fetchval(_DELETE, chat_id, hook_id) is not None


async def delete_of_member(
    connection: DatabaseConnection, chat_id: UUID, account_id: UUID, left_seq: int, before: datetime | None = None
) -> list[UUID]:
    """Deletes the webhooks of memberships that began before this event, or those of them created before a time.

    Returns their ids, none of a deleted chat.
    """
    rows = await connection.fetch(_DELETE_OF_MEMBER, chat_id, account_id, left_seq, before)
    return [row["id"] for row in rows if row["is_in_chat"]]


async def delete_of_keys(connection: DatabaseConnection, chat_id: UUID, token_ids: Collection[UUID]) -> list[UUID]:
    """Deletes the webhooks that these API keys have created in a chat. Returns their ids, none of a deleted chat."""
    rows = await connection.fetch(_DELETE_OF_KEYS, chat_id, list(token_ids))
    return [row["id"] for row in rows if row["is_in_chat"]]


async def list_of_keys(connection: DatabaseConnection, after: tuple[UUID, UUID], limit: int) -> Sequence[Any]:
    """Returns webhooks that API keys have created, after one that is named by its chat and its id."""
    return list(await connection.fetch(_PAGE_OF_KEYS, *after, limit))


async def find_chat_with(
    connection: DatabaseConnection, account_id: UUID, before: datetime | None = None
) -> UUID | None:
    """Returns a chat with webhooks that the account has created, before a time if it is given."""
    found: UUID | None = await connection.fetchval(_FIND_CHAT_WITH, account_id, before)
    return found


async def list_with_any(connection: DatabaseConnection, members: Sequence[tuple[UUID, UUID]]) -> set[UUID]:
    """Returns those of the chats in which the account beside them has created webhooks."""
    rows = await connection.fetch(_HAVE_ANY, *map(list, zip(*members, strict=True)))
    return {row["chat_id"] for row in rows}


async def list_of_members(connection: DatabaseConnection, named: Sequence[tuple[UUID, UUID]]) -> Sequence[Any]:
    """Returns those of the webhooks, each with its chat, that have not ended with a membership."""
    return list(await connection.fetch(_OF_MEMBERS, *map(list, zip(*named, strict=True))))
