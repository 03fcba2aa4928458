from fastapi import APIRouter, Response, status

from app.dependencies.dependency_db import Db, Work
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import LimitsDep
from app.modules.base_module.schemas import PathSeq, refuses
from app.modules.chats_module.dependencies import ChatMembership
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.messages_module.dependencies import PartsDep, ViewsDep
from app.modules.messages_module.errors import MessageIsDeleted, MessageNotFound, TooManyReactions
from app.modules.messages_module.schemas import Emoji
from app.modules.messages_module.schemas.models import message_models
from app.modules.messages_module.services import reactions
from app.modules.messages_module.settings import REACT
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
        database: Db,
        log: LogDep,
        parts: PartsDep,
        views: ViewsDep,
        limits: LimitsDep,
    ) -> Response:
        """Adds the caller's reaction to a message; repeating it changes nothing. Returns the message."""
        limits.hit(REACT, member.account_id.int)
        chat_id, account_id = member.chat_id, member.account_id
        await reactions.add_reaction(work, log, parts, chat_id, account_id, seq, emoji)
        # The chat must not be locked while the answer is read.
        await work.commit()
        async with database.connection() as connection:
            # The caller may have left the chat since.
            found, _ = await views.list_found(connection, account_id, [(chat_id, seq, None)], with_deleted=True)
        if not found:
            raise ChatNotFound
        return Response(found[chat_id, seq], media_type="application/json")

    @router.delete(
        "/{emoji}", status_code=status.HTTP_204_NO_CONTENT, openapi_extra=refuses(ChatNotFound, MessageNotFound)
    )
    @scoped("messages:write")
    async def remove_reaction(
        seq: PathSeq, emoji: Emoji, member: ChatMembership, work: Work, log: LogDep, limits: LimitsDep
    ) -> None:
        """Removes the caller's reaction."""
        limits.hit(REACT, member.account_id.int)
        await reactions.remove_reaction(work, log, member.chat_id, member.account_id, seq, emoji)

    return router
