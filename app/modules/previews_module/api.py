from typing import Annotated

from fastapi import APIRouter, status

from app.dependencies.dependency_db import Work
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import service
from app.modules.base_module.schemas import PathSeq, refuses
from app.modules.chats_module.dependencies import ChatMembership
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.messages_module.dependencies import ViewsDep
from app.modules.messages_module.errors import MessageNotFound
from app.modules.messages_module.extension import Messages
from app.modules.previews_module import services
from app.modules.streams_module.dependencies import LogDep

router = APIRouter(prefix="/chats/{chat_id}/messages/{seq}/previews")


@router.delete(
    "",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=refuses(ChatNotFound, MessageNotFound, NotAllowedInChat),
)
@scoped("messages:write")
async def remove(
    seq: PathSeq,
    member: ChatMembership,
    work: Work,
    log: LogDep,
    views: ViewsDep,
    messages: Annotated[Messages, service(Messages)],
) -> None:
    """Removes the link preview of an own message. It does not come back, even if the message is edited."""
    await services.remove(work, log, views, messages, member.chat_id, member.account_id, seq)
