"""Access as a type: an endpoint with a `ChatMembership` is for members, one with a `ChatChanger` for those of them who
may change the chat.

They keep strangers out before anything is locked or written. A change looks again under the lock: its caller may have
been removed a moment ago.
"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path

from app.dependencies.dependency_db import Db
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.chats_module.extension import Permission
from app.modules.chats_module.services.access import Membership, check, get_membership
from app.modules.chats_module.services.permissions import CHANGE_CHAT

ChatId = Annotated[UUID, Path(description="id of the chat", examples=["6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91"])]


async def _membership(chat_id: ChatId, identity: CurrentIdentity, database: Db) -> Membership:
    async with database.connection() as connection:
        return await get_membership(connection, chat_id, identity.account_id)


ChatMembership = Annotated[Membership, Depends(_membership)]


def may(permission: Permission) -> Any:
    """A dependency that lets members with this permission pass: `Annotated[Membership, may(ADD_MEMBERS)]`."""

    async def find(membership: ChatMembership) -> Membership:
        check(membership, permission)
        return membership

    return Depends(find)


ChatChanger = Annotated[Membership, may(CHANGE_CHAT)]
