from typing import Annotated

from fastapi import APIRouter, Query, Response, status

from app.dependencies.dependency_db import Db, Work
from app.dependencies.hot_route import HotRoute
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import LimitsDep
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.base_module.schemas import Limit, PathSeq, Position, refuses
from app.modules.chats_module.dependencies import ChatId, ChatMembership
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.chats_module.services.access import get_heads
from app.modules.messages_module.dependencies import (
    PartsDep,
    SendQueueDep,
    ViewsDep,
    refused_by_parts,
    replay_of,
    sent_response,
)
from app.modules.messages_module.errors import (
    IdempotencyMismatch,
    MessageIsDeleted,
    MessageIsFinal,
    MessageNotFound,
    OutcomeUnknown,
    QueueFull,
)
from app.modules.messages_module.schemas.models import message_models
from app.modules.messages_module.services import changes
from app.modules.messages_module.settings import EDIT
from app.modules.streams_module.dependencies import LogDep, StreamReadsDep
from app.resources.constants import DEFAULT_PAGE, MAX_MESSAGE_BYTES
from app.services.errors import ValidationFailed
from app.utils.body_limit import body_limit
from app.utils.module import Modules

_JSON = "application/json"


def make_router(modules: Modules) -> APIRouter:
    prefix = "/chats/{chat_id}/messages"
    router, hot = APIRouter(prefix=prefix), APIRouter(prefix=prefix, route_class=HotRoute)
    models = message_models(modules)

    @hot.post(
        "",
        status_code=status.HTTP_201_CREATED,
        response_model=models.read,
        responses=replay_of(models.read),
        openapi_extra=refuses(
            ChatNotFound,
            NotAllowedInChat,
            IdempotencyMismatch,
            QueueFull,
            OutcomeUnknown,
            *refused_by_parts(modules),
        ),
    )
    @body_limit(MAX_MESSAGE_BYTES)
    @scoped("messages:write")
    async def send(
        chat_id: ChatId,
        body: models.create,  # type: ignore[name-defined]
        identity: CurrentIdentity,
        queue: SendQueueDep,
    ) -> Response:
        """Sends a message. It can be sent again at any time with the same `client_msg_id` and is stored once."""
        sent = await queue.submit(chat_id, identity.account_id, body)
        return sent_response(sent)

    @hot.get("", response_model=models.page, openapi_extra=refuses(ChatNotFound))
    @scoped("messages:read")
    async def history(
        chat_id: ChatId,
        identity: CurrentIdentity,
        reads: StreamReadsDep,
        views: ViewsDep,
        before_seq: Annotated[
            Position | None, Query(description="return the page that ends before this sequence number")
        ] = None,
        after_seq: Annotated[
            Position | None, Query(description="return the page that starts after this sequence number")
        ] = None,
        around_seq: Annotated[
            Position | None, Query(description="return the page with this sequence number in the middle")
        ] = None,
        limit: Limit = DEFAULT_PAGE,
    ) -> Response:
        """Returns a page of the history in ascending order; without a position, the newest page."""
        if sum(position is not None for position in (before_seq, after_seq, around_seq)) > 1:
            raise ValidationFailed(("query",), "only one of before_seq, after_seq and around_seq is allowed")
        page = await reads.read(
            lambda primary: get_heads(primary, chat_id, identity.account_id),
            lambda connection: views.view_history(
                connection,
                identity.account_id,
                chat_id,
                before_seq=before_seq,
                after_seq=after_seq,
                around_seq=around_seq,
                limit=limit,
            ),
        )
        return Response(page, media_type=_JSON)

    @router.get("/{seq}", response_model=models.read, openapi_extra=refuses(ChatNotFound, MessageNotFound))
    @scoped("messages:read")
    async def read(seq: PathSeq, member: ChatMembership, database: Db, views: ViewsDep) -> Response:
        """Returns one message."""
        async with database.connection() as connection:
            message = await views.view_message(connection, member.account_id, member.chat_id, seq)
        return Response(message, media_type=_JSON)

    @router.patch(
        "/{seq}",
        response_model=models.read,
        openapi_extra=refuses(ChatNotFound, MessageNotFound, NotAllowedInChat, MessageIsDeleted, MessageIsFinal),
    )
    @body_limit(MAX_MESSAGE_BYTES)
    @scoped("messages:write")
    async def edit(
        seq: PathSeq,
        body: models.update,  # type: ignore[name-defined]
        member: ChatMembership,
        work: Work,
        log: LogDep,
        parts: PartsDep,
        limits: LimitsDep,
    ) -> Response:
        """Edits a message. Requires its sender, who must still be allowed to post."""
        limits.hit(EDIT, member.account_id.int)
        await changes.edit_message(work, log, parts, member.chat_id, member.account_id, seq, body)
        message = await parts.views.view_message(await work.raw(), member.account_id, member.chat_id, seq)
        return Response(message, media_type=_JSON)

    @router.delete(
        "/{seq}",
        status_code=status.HTTP_204_NO_CONTENT,
        openapi_extra=refuses(ChatNotFound, MessageNotFound, NotAllowedInChat),
    )
    @scoped("messages:write")
    async def delete(seq: PathSeq, member: ChatMembership, work: Work, log: LogDep, parts: PartsDep) -> None:
        """Deletes a message. Requires its sender or an admin. The sequence number stays, the text is removed."""
        await changes.delete_message(work, log, parts, member.chat_id, member.account_id, seq)

    both = APIRouter()
    both.include_router(hot)
    both.include_router(router)
    return both
