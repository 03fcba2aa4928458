from fastapi import APIRouter, Response, status

from app.dependencies.dependency_db import Work
from app.dependencies.scopes import scoped
from app.modules.base_module.schemas import PathSeq, refuses
from app.modules.chats_module.dependencies import ChatMembership
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.messages_module.dependencies import PartsDep, ViewsDep
from app.modules.messages_module.errors import MessageIsDeleted, MessageNotFound, TooManyReactions
from app.modules.messages_module.schemas import Emoji
from app.modules.messages_module.schemas.models import message_models
from app.modules.messages_module.services import changes
from app.modules.streams_module.dependencies import LogDep
from app.utils.module import Modules


def make_router(modules: Modules) -> APIRouter:
    router = APIRouter(prefix="/chats/{chat_id}/messages/{seq}/reactions")
    models = message_models(modules)

    @router.put(
        "/{emoji}",
        response_model=models.read,
        openapi_extra=refuses(ChatNotFound, MessageNotFound, NotAllowedInChat, MessageIsDeleted, TooManyReactions),
    )
    @scoped("messages:write")
    async def add_reaction(
        seq: PathSeq,
        emoji: Emoji,
        member: ChatMembership,
        work: Work,
        log: LogDep,
        parts: PartsDep,
        views: ViewsDep,
    ) -> Response:
        """Adds the caller's reaction to a message; repeating it changes nothing. Returns the message."""
        await changes.add_reaction(work, log, parts, member.chat_id, member.account_id, seq, emoji)
        message = await views.view_message(await work.raw(), member.account_id, member.chat_id, seq)
        return Response(message, media_type="application/json")

    @router.delete(
        "/{emoji}", status_code=status.HTTP_204_NO_CONTENT, openapi_extra=refuses(ChatNotFound, MessageNotFound)
    )
    @scoped("messages:write")
    async def remove_reaction(seq: PathSeq, emoji: Emoji, member: ChatMembership, work: Work, log: LogDep) -> None:
        """Removes the caller's reaction."""
        await changes.remove_reaction(work, log, member.chat_id, member.account_id, seq, emoji)

    return router
