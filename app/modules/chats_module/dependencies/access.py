"""Access to a chat as a parameter type: `ChatMembership` requires a member, `ChatChanger` one who may change the chat.

The checks run before anything is locked or written. A change checks again under the lock, because the caller may have
been removed in the meantime.
"""

from typing import Annotated

from fastapi import Depends

from app.dependencies.dependency_db import Db
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.chats_module.extension import ChatId, may
from app.modules.chats_module.services.access import Membership, get_membership
from app.modules.chats_module.services.permissions import CHANGE_CHAT


async def _membership(chat_id: ChatId, identity: CurrentIdentity, database: Db) -> Membership:
    async with database.connection() as connection:
        return await get_membership(connection, chat_id, identity.account_id)


ChatMembership = Annotated[Membership, Depends(_membership)]


ChatChanger = Annotated[Membership, may(CHANGE_CHAT)]
