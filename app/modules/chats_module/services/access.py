"""Checks of the caller's membership and permissions in a chat."""

from uuid import UUID

from app.adapters.db.connection import Connection, DatabaseConnection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.chats_module.db.cruds.access import (
    Membership,
    find_departure,
    find_last_departure,
    find_log_for_member,
    find_membership,
)
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.chats_module.extension import Permission
from app.modules.streams_module.errors import StreamGap
from app.modules.streams_module.services.log import Log
from app.modules.streams_module.services.reader import Reader
from app.modules.streams_module.services.reads import Heads

__all__ = [
    "Membership",
    "check",
    "find_last_departure",
    "find_membership",
    "get_event_reader",
    "get_heads",
    "get_membership",
    "lock_chat",
]


async def get_membership(connection: DatabaseConnection, chat_id: UUID, account_id: UUID) -> Membership:
    """Returns the membership of an account. Raises ChatNotFound if it is not a member."""
    membership = await find_membership(connection, chat_id, account_id)
    if membership is None:
        raise ChatNotFound
    return membership


async def get_heads(connection: DatabaseConnection, chat_id: UUID, account_id: UUID) -> Heads:
    """Returns the last number of the chat's events. Raises ChatNotFound if the account is not a member."""
    log = await find_log_for_member(connection, chat_id, account_id)
    if log is None:
        raise ChatNotFound
    return {chat_id: log.last_seq}


def check(membership: Membership, permission: Permission, refusal: str | None = None) -> None:
    """Raises NotAllowedInChat, with `refusal` as its text, unless the member has the permission."""
    if not permission.allows(membership.chat_type, membership.role):
        raise NotAllowedInChat(refusal)


async def lock_chat(work: UnitOfWork, log: Log, permission: Permission, chat_id: UUID, account_id: UUID) -> Connection:
    """Locks a chat for an action, and returns the connection. Raises ChatNotFound or NotAllowedInChat.

    The permission is checked under the lock: the role may have changed a moment ago.
    """
    await log.lock(work, chats=[chat_id])
    raw = await work.raw()
    await permission.check(raw, account_id, chat_id)
    return raw


async def get_event_reader(connection: DatabaseConnection, chat_id: UUID, account_id: UUID, after: int) -> Reader:
    """Returns the caller as a reader of the chat's events after sequence number `after`.

    A former member may read up to the end of the membership, and only from an event that it already has. The whole
    event log, like the history, is for members only.

    Raises ChatNotFound if there is nothing to read, and StreamGap for a cursor beyond the head, or for a former member
    whose next events are deleted.
    """
    log = await find_log_for_member(connection, chat_id, account_id)
    if log is not None:
        if after > log.last_seq:
            # Reading ends at the event of a removal. Were that the next event, it would be before the cursor.
            raise StreamGap(log.first_seq, log.last_seq)
        return Reader(chat_id, account_id, log.joined_seq)
    departure = await find_departure(connection, chat_id, account_id)
    if departure is None or not 0 < after < departure.left_seq or departure.first_seq > departure.left_seq:
        raise ChatNotFound
    if after < departure.first_seq - 1:
        raise StreamGap(departure.first_seq, departure.left_seq)
    return Reader(chat_id, account_id, departure.left_seq - 1, departure.left_seq)
