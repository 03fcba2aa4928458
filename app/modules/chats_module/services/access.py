"""Loading the caller's place in a chat, or refusing."""

from uuid import UUID

from app.adapters.db.connection import DatabaseConnection
from app.modules.chats_module.db.cruds.access import Membership, find_departure, find_last_departure, find_membership
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.chats_module.extension import Permission
from app.modules.streams_module.errors import StreamGap
from app.modules.streams_module.services.reader import Reader

__all__ = ["Membership", "check", "find_last_departure", "get_event_reader", "get_membership"]


async def get_membership(connection: DatabaseConnection, chat_id: UUID, account_id: UUID) -> Membership:
    """ChatNotFound for everyone who is not in the chat."""
    membership = await find_membership(connection, chat_id, account_id)
    if membership is None:
        raise ChatNotFound
    return membership


def check(membership: Membership, permission: Permission, refusal: str | None = None) -> None:
    """Raises NotAllowedInChat where the member may not do it."""
    if not permission.allows(membership.chat_type, membership.role):
        raise NotAllowedInChat(refusal)


async def get_event_reader(connection: DatabaseConnection, chat_id: UUID, account_id: UUID, after: int) -> Reader:
    """The caller as a reader of the chat's events after a number: a member, or a former one up to its leaving.

    A former member goes on from an event that it has; the whole log, as the history, is for members.
    Raises ChatNotFound where there is nothing to read, StreamGap for a former member whose events are deleted.
    """
    membership = await find_membership(connection, chat_id, account_id)
    if membership is not None:
        return Reader(chat_id, account_id, membership.joined_event_seq)
    departure = await find_departure(connection, chat_id, account_id)
    if departure is None or not 0 < after < departure.left_seq or departure.first_seq > departure.left_seq:
        raise ChatNotFound
    if after < departure.first_seq - 1:
        raise StreamGap(departure.first_seq, departure.left_seq)
    return Reader(chat_id, account_id, departure.left_seq - 1, departure.left_seq)
