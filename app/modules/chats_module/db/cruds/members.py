"""Queries on members, former members and the chat lists of accounts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.sql import one_row
from app.modules.accounts_module.db.models import Account
from app.modules.chats_module.db.models import AccountChat, Chat, ChatMember, FormerMember

# Hand-written: each count stops at the limit (OFFSET), which an aggregate cannot.
_BUSY = """
SELECT id FROM unnest($1::uuid[]) AS given (id)
WHERE EXISTS (
    SELECT FROM account_chat WHERE account_id = given.id AND (added_by = account_id) = (given.id = $2) OFFSET $3
)
"""
_ADDED_OFTEN = """
SELECT id FROM unnest($1::uuid[]) AS given (id)
WHERE id <> $2 AND EXISTS (SELECT FROM account_chat WHERE account_id = given.id AND added_by = $2 OFFSET $3)
"""
_SHARED_CHAT = f"""
SELECT c.id FROM account_chat a CROSS JOIN LATERAL {one_row("chat", id="a.chat_id")} c
WHERE a.account_id = $1 AND c.type <> 'direct' AND c.deleted_at IS NULL LIMIT 1
"""  # noqa: S608 - constants only
_DIRECT_CHAT_OF_ERASED = f"""
SELECT c.id FROM account_chat a CROSS JOIN LATERAL {one_row("chat", id="a.chat_id")} c
WHERE a.account_id = $1 AND c.type = 'direct' AND c.deleted_at IS NULL AND NOT EXISTS (
    SELECT FROM chat_member m JOIN account o ON o.id = m.account_id AND o.erased_at IS NULL WHERE m.chat_id = c.id
) LIMIT 1
"""  # noqa: S608 - constants only
_SUCCESSOR = """
SELECT m.account_id FROM chat_member m JOIN account a ON a.id = m.account_id AND NOT a.is_bot
WHERE m.chat_id = $1 AND m.account_id <> ALL($2::uuid[])
ORDER BY m.role <> 'admin', m.role <> 'member', m.joined_event_seq LIMIT 1
"""

_MEMBER = select(
    ChatMember.account_id,
    Account.username,
    Account.display_name,
    ChatMember.role,
    ChatMember.read_seq,
    ChatMember.joined_at,
    ChatMember.joined_event_seq,
).join(Account, Account.id == ChatMember.account_id)

# A constant, not a parameter: the condition of the index by the order of joining.
_HAS_JOINED = ChatMember.joined_event_seq >= literal_column("0")


async def list_members(session: AsyncSession, chat_id: UUID, after_joined: int, limit: int) -> list[Any]:
    """Returns members with their names, in the order of joining.

    `after_joined` is the `joined_event_seq` of the last member of the previous page.
    """
    statement = _MEMBER.where(ChatMember.chat_id == chat_id, ChatMember.joined_event_seq > after_joined, _HAS_JOINED)
    return list((await session.execute(statement.order_by(ChatMember.joined_event_seq).limit(limit))).all())


async def list_chosen(session: AsyncSession, chat_id: UUID, account_ids: set[UUID]) -> list[Any]:
    """Returns those of the accounts that are members, with their names, in the order of joining."""
    statement = _MEMBER.where(ChatMember.chat_id == chat_id, ChatMember.account_id.in_(account_ids))
    return list((await session.execute(statement.order_by(ChatMember.joined_event_seq))).all())


async def find_member(session: AsyncSession, chat_id: UUID, account_id: UUID) -> ChatMember | None:
    return await session.get(ChatMember, (chat_id, account_id), populate_existing=True)


async def list_present(session: AsyncSession, chat_id: UUID, account_ids: set[UUID]) -> set[UUID]:
    """Returns those of the accounts that are members of the chat."""
    return set(await find_roles(session, chat_id, account_ids)) if account_ids else set()


async def insert_members(
    session: AsyncSession,
    chat_id: UUID,
    roles: Mapping[UUID, str],
    *,
    read_seq: int,
    first_event_seq: int,
    joined_seqs: Mapping[UUID, int],
    joined_at: datetime,
    added_by: UUID | None,
    given_roles: Mapping[UUID, str],
) -> None:
    """Inserts members in the order of `roles`. Their `member.added` events are numbered from `first_event_seq` on.

    `joined_seqs` are the sequence numbers of the `chat.joined` events on the accounts' own streams. `added_by` is None
    in a direct chat. `given_roles` are those of limited members.
    """
    rows = [
        {
            "chat_id": chat_id,
            "account_id": account_id,
            "role": role,
            "given_role": given_roles.get(account_id),
            "read_seq": read_seq,
            "joined_read_seq": read_seq,
            "joined_event_seq": first_event_seq + place,
            "joined_at": joined_at,
        }
        for place, (account_id, role) in enumerate(roles.items())
    ]
    await session.execute(insert(ChatMember), rows)
    await session.execute(
        insert(AccountChat),
        [
            {
                "account_id": account_id,
                "chat_id": chat_id,
                "joined_seq": joined_seqs[account_id],
                "added_by": added_by,
            }
            for account_id in roles
        ],
    )
    await session.execute(
        delete(FormerMember).where(FormerMember.chat_id == chat_id, FormerMember.account_id.in_(roles))
    )


async def delete_members(
    session: AsyncSession, chat_id: UUID, account_ids: Collection[UUID], left_event_seq: int
) -> None:
    """Makes the members former members, who may read the chat's events up to `left_event_seq`."""
    await session.execute(
        delete(ChatMember).where(ChatMember.chat_id == chat_id, ChatMember.account_id.in_(account_ids))
    )
    await session.execute(
        delete(AccountChat).where(AccountChat.chat_id == chat_id, AccountChat.account_id.in_(account_ids))
    )
    await session.execute(
        insert(FormerMember),
        [
            {"chat_id": chat_id, "account_id": account_id, "left_event_seq": left_event_seq}
            for account_id in account_ids
        ],
    )


async def find_roles(session: AsyncSession, chat_id: UUID, account_ids: set[UUID]) -> dict[UUID, str]:
    """Returns the roles of those of the accounts that are members."""
    statement = select(ChatMember.account_id, ChatMember.role).where(
        ChatMember.chat_id == chat_id, ChatMember.account_id.in_(account_ids)
    )
    return {row.account_id: row.role for row in (await session.execute(statement)).all()}


async def find_given_roles(session: AsyncSession, chat_id: UUID, account_ids: set[UUID]) -> dict[UUID, str]:
    """Returns the roles that limited members were given."""
    if not account_ids:
        return {}
    statement = select(ChatMember.account_id, ChatMember.given_role).where(
        ChatMember.chat_id == chat_id, ChatMember.account_id.in_(account_ids), ChatMember.given_role.is_not(None)
    )
    return {account_id: str(role) for account_id, role in (await session.execute(statement)).all()}


async def set_given_role(session: AsyncSession, chat_id: UUID, account_id: UUID, role: str) -> None:
    await session.execute(
        update(ChatMember)
        .where(ChatMember.chat_id == chat_id, ChatMember.account_id == account_id)
        .values(given_role=role)
    )


async def set_role(session: AsyncSession, chat_id: UUID, account_id: UUID, role: str) -> None:
    await session.execute(
        update(ChatMember).where(ChatMember.chat_id == chat_id, ChatMember.account_id == account_id).values(role=role)
    )


async def change_count(session: AsyncSession, chat_id: UUID, difference: int) -> int:
    """Adds `difference` to the number of members, and returns the new number."""
    statement = update(Chat).where(Chat.id == chat_id).values(member_count=Chat.member_count + difference)
    return int(await session.scalar(statement.returning(Chat.member_count)) or 0)


async def list_busy_accounts(
    connection: DatabaseConnection, account_ids: Sequence[UUID], actor_id: UUID, limit: int
) -> list[UUID]:
    """Returns the accounts that others have added to `limit` or more groups and channels.

    The actor itself is in the list if it has created `limit` or more.
    """
    return [row["id"] for row in await connection.fetch(_BUSY, account_ids, actor_id, limit - 1)]


async def list_added_often(
    connection: DatabaseConnection, account_ids: Sequence[UUID], actor_id: UUID, limit: int
) -> list[UUID]:
    """Returns the accounts that are in `limit` or more groups and channels to which the actor has added them."""
    return [row["id"] for row in await connection.fetch(_ADDED_OFTEN, account_ids, actor_id, limit - 1)]


async def find_shared_chat(connection: DatabaseConnection, account_id: UUID) -> UUID | None:
    """Returns a group or channel that the account is in, or None."""
    found: UUID | None = await connection.fetchval(_SHARED_CHAT, account_id)
    return found


async def find_direct_chat_of_erased(connection: DatabaseConnection, account_id: UUID) -> UUID | None:
    """Returns a direct chat of the account in which every member is erased, or None."""
    found: UUID | None = await connection.fetchval(_DIRECT_CHAT_OF_ERASED, account_id)
    return found


async def find_successor(connection: DatabaseConnection, chat_id: UUID, others_than: Sequence[UUID]) -> UUID | None:
    """Returns the member that is next to become the owner, apart from these and from bots. None without one."""
    found: UUID | None = await connection.fetchval(_SUCCESSOR, chat_id, others_than)
    return found
