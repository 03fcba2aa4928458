from fastapi import APIRouter

from app.dependencies.dependency_db import Db, Work
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import LimitsDep
from app.modules.base_module.schemas import refuses
from app.modules.chats_module.dependencies import ChatMembership
from app.modules.chats_module.errors import ChatNotFound
from app.modules.drafts_module import services
from app.modules.drafts_module.schemas import DraftRead, DraftUpdate
from app.modules.drafts_module.settings import SAVE_DRAFT
from app.modules.messages_module.dependencies import ViewsDep
from app.modules.messages_module.errors import MessageIsDeleted
from app.modules.streams_module.dependencies import LogDep
from app.resources.constants import MAX_MESSAGE_BYTES
from app.utils.body_limit import body_limit

router = APIRouter(prefix="/chats/{chat_id}/draft")


@router.get("", response_model=DraftRead, openapi_extra=refuses(ChatNotFound))
@scoped("messages:read")
async def read(member: ChatMembership, database: Db) -> DraftRead:
    """Returns the caller's draft in a chat. No other member sees it."""
    async with database.connection() as connection:
        return await services.read_draft(connection, member.chat_id, member.account_id)


@router.put("", response_model=DraftRead, openapi_extra=refuses(ChatNotFound, MessageIsDeleted))
@body_limit(MAX_MESSAGE_BYTES)
@scoped("messages:write")
async def save(
    body: DraftUpdate, member: ChatMembership, work: Work, log: LogDep, views: ViewsDep, limits: LimitsDep
) -> DraftRead:
    """Saves the caller's draft in a chat; an empty text deletes it."""
    limits.hit(SAVE_DRAFT, member.account_id.int)
    return await services.save_draft(work, log, views, member.chat_id, member.account_id, body)
