from fastapi import APIRouter, status

from app.dependencies.dependency_db import Work
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import ContainerDep
from app.modules.base_module.schemas import PathSeq, refuses
from app.modules.chats_module.dependencies import ChatMembership
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.messages_module.dependencies import ViewsDep
from app.modules.messages_module.errors import MessageNotFound
from app.modules.previews_module.services import removing

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
    views: ViewsDep,
    container: ContainerDep,
) -> None:
    """Removes the link preview of an own message. It does not come back, even if the message is edited."""
    await removing.remove(work, container, views, member.chat_id, member.account_id, seq)
