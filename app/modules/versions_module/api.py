from typing import Any

from fastapi import APIRouter

from app.dependencies.dependency_db import Db
from app.dependencies.scopes import scoped
from app.modules.base_module.schemas import Cursor, Page, PathSeq, refuses
from app.modules.chats_module.dependencies import ChatMembership
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.messages_module.dependencies import ViewsDep
from app.modules.messages_module.errors import MessageNotFound
from app.modules.versions_module import services
from app.modules.versions_module.schemas import VersionRead

router = APIRouter(prefix="/chats/{chat_id}/messages/{seq}/versions")


@router.get(
    "", response_model=Page[VersionRead], openapi_extra=refuses(ChatNotFound, MessageNotFound, NotAllowedInChat)
)
@scoped("messages:read")
async def list_of_message(
    seq: PathSeq, member: ChatMembership, database: Db, views: ViewsDep, cursor: Cursor = None
) -> dict[str, Any]:
    """Returns the texts that edits have replaced, the newest first. Requires the sender or an admin.

    Of large texts not all that are kept are on one page. A deleted message has none.
    """
    async with database.connection() as connection:
        return await services.list_versions(connection, views, member, seq, cursor)
