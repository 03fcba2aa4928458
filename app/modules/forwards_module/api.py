from fastapi import APIRouter, Response, status

from app.dependencies.dependency_db import Db
from app.dependencies.scopes import scoped
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.base_module.schemas import PathSeq, refuses
from app.modules.chats_module.dependencies import ChatId, ChatMembership
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.forwards_module.errors import NothingToForward, OriginNotFound
from app.modules.forwards_module.schemas import ForwardCreate, OriginRead
from app.modules.forwards_module.services import forwarding
from app.modules.messages_module.dependencies import MessagesDep, PartsDep, refused_by_parts, replay_of, sent_response
from app.modules.messages_module.errors import (
    IdempotencyMismatch,
    MessageIsDeleted,
    MessageNotFound,
    OutcomeUnknown,
    QueueFull,
)
from app.modules.messages_module.schemas.models import message_models
from app.utils.module import Modules


def make_router(modules: Modules) -> APIRouter:
    router = APIRouter(prefix="/chats/{chat_id}/messages/{seq}")
    models = message_models(modules)

    @router.post(
        "/forward",
        status_code=status.HTTP_201_CREATED,
        response_model=models.read,
        responses=replay_of(models.read),
        openapi_extra=refuses(
            ChatNotFound,
            MessageNotFound,
            NotAllowedInChat,
            MessageIsDeleted,
            NothingToForward,
            IdempotencyMismatch,
            QueueFull,
            OutcomeUnknown,
            *refused_by_parts(modules, forward=True),
        ),
    )
    @scoped("messages:write")
    async def forward(
        chat_id: ChatId,
        seq: PathSeq,
        body: ForwardCreate,
        identity: CurrentIdentity,
        database: Db,
        parts: PartsDep,
        messages: MessagesDep,
    ) -> Response:
        """Forwards a message to another chat, or to the same one. Requires a member who may post in the other chat.

        The copy has the text and the files, but no reactions. Members of the other chat see the author's name, and not
        this chat. With the same `client_msg_id` it can be repeated at any time and is executed once.
        """
        sent = await forwarding.forward(
            database, parts, messages, models.create, identity.account_id, chat_id, seq, body
        )
        return sent_response(sent)

    @router.get("/origin", response_model=OriginRead, openapi_extra=refuses(ChatNotFound, OriginNotFound))
    @scoped("messages:read")
    async def find_origin(seq: PathSeq, member: ChatMembership, database: Db) -> OriginRead:
        """Returns where a forwarded message was sent first. Requires a member of that chat, too."""
        async with database.connection() as connection:
            origin = await forwarding.find_origin(connection, member.account_id, member.chat_id, seq)
        return OriginRead(chat_id=origin.chat_id, seq=origin.seq)

    return router
