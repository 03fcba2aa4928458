"""Loading the caller's place in a chat, or refusing."""

from uuid import UUID

from app.modules.chats_module.db.cruds.access import Membership, find_membership
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.chats_module.services.permissions import Permission, may
from app.modules.streams_module.services.log import Executor

__all__ = ["Membership", "check", "get_membership"]


async def get_membership(connection: Executor, chat_id: UUID, account_id: UUID) -> Membership:
    """ChatNotFound for everyone who is not in the chat."""
    membership = await find_membership(connection, chat_id, account_id)
    if membership is None:
        raise ChatNotFound
    return membership


def check(membership: Membership, permission: Permission, refusal: str | None = None) -> None:
    """Raises NotAllowedInChat where the member may not do it."""
    if not may(permission, membership.chat_type, membership.role):
        raise NotAllowedInChat(refusal)
