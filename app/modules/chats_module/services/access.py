"""Loading the caller's place in a chat, or refusing."""

from uuid import UUID

from app.modules.chats_module.db.cruds.access import Membership, find_membership, may_post, may_react
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.streams_module.services.log import Executor

__all__ = ["Membership", "check_admin", "check_owner", "get_membership", "may_post", "may_react"]


async def get_membership(connection: Executor, chat_id: UUID, account_id: UUID) -> Membership:
    """ChatNotFound for everyone who is not in the chat."""
    membership = await find_membership(connection, chat_id, account_id)
    if membership is None:
        raise ChatNotFound
    return membership


def check_admin(membership: Membership) -> None:
    if not membership.is_admin:
        raise NotAllowedInChat


def check_owner(membership: Membership) -> None:
    if membership.role != "owner":
        raise NotAllowedInChat
