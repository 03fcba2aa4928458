from typing import Annotated

from fastapi import APIRouter, Path, Query, Response, status

from app.dependencies.dependency_db import Db, Work
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import LimitsDep
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.base_module.schemas import Cursor, Limit, Position, refuses
from app.modules.chats_module.dependencies import ChatMembership
from app.modules.chats_module.errors import ChatNotFound
from app.modules.chats_module.schemas import ReadPosition, ReadUpdate
from app.modules.chats_module.services.access import get_heads
from app.modules.messages_module.dependencies import ViewsDep
from app.modules.messages_module.errors import MessageIsDeleted, MessageNotFound
from app.modules.messages_module.schemas.models import message_models
from app.modules.streams_module.dependencies import LogDep, StreamReadsDep
from app.modules.threads_module.errors import RootIsReply, TooManyThreads
from app.modules.threads_module.schemas import make_threads
from app.modules.threads_module.services import threads
from app.modules.threads_module.settings import CHANGE_THREADS, LIST_THREADS
from app.resources.constants import DEFAULT_PAGE, MAX_BIGINT
from app.services.errors import ValidationFailed
from app.utils.module import Modules

_JSON = "application/json"
_ROOT = "/chats/{chat_id}/threads/{root_seq}"
RootSeq = Annotated[
    int,
    Path(ge=1, le=MAX_BIGINT, description="sequence number of the message that the thread replies to", examples=[1]),
]


def make_router(modules: Modules) -> APIRouter:
    router = APIRouter()

    @router.get("/threads", response_model=make_threads(modules))
    @scoped("messages:read")
    async def list_followed(
        identity: CurrentIdentity,
        limits: LimitsDep,
        database: Db,
        views: ViewsDep,
        unread: Annotated[bool, Query(description="only threads with unread replies")] = False,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_PAGE,
    ) -> Response:
        """Lists the threads of all chats that the caller follows, the one with the newest reply first."""
        limits.hit(LIST_THREADS, identity.account_id.int)
        async with database.connection() as connection:
            page = await threads.list_followed(
                connection, views, identity.account_id, cursor, limit, only_unread=unread
            )
        return Response(page, media_type=_JSON)

    @router.get(
        f"{_ROOT}/messages",
        response_model=message_models(modules).page,
        openapi_extra=refuses(ChatNotFound, MessageNotFound, RootIsReply),
    )
    @scoped("messages:read")
    async def list_replies(
        root_seq: RootSeq,
        member: ChatMembership,
        reads: StreamReadsDep,
        views: ViewsDep,
        before_seq: Annotated[
            Position | None, Query(description="return the replies before this sequence number")
        ] = None,
        after_seq: Annotated[
            Position | None, Query(description="return the replies after this sequence number")
        ] = None,
        limit: Limit = DEFAULT_PAGE,
    ) -> Response:
        """Returns a page of the replies of a thread in ascending order; without a position, the newest page.

        Neither the root nor deleted replies are among them.
        """
        if before_seq is not None and after_seq is not None:
            raise ValidationFailed(("query",), "only one of before_seq and after_seq is allowed")
        page = await reads.read(
            lambda primary: get_heads(primary, member.chat_id, member.account_id),
            lambda connection: threads.view_replies(
                connection, views, member, root_seq, before_seq=before_seq, after_seq=after_seq, limit=limit
            ),
        )
        return Response(page, media_type=_JSON)

    @router.put(f"{_ROOT}/read", openapi_extra=refuses(ChatNotFound, MessageNotFound, RootIsReply, TooManyThreads))
    @scoped("chats:write")
    async def mark_read(
        root_seq: RootSeq, body: ReadUpdate, member: ChatMembership, work: Work, log: LogDep, limits: LimitsDep
    ) -> ReadPosition:
        """Moves the caller's read position in a thread forward. The read position of the chat stays.

        `unread_count` is the number of unread replies, at most 10,000.
        """
        limits.hit(CHANGE_THREADS, member.account_id.int)
        return await threads.mark_read(work, log, member.chat_id, member.account_id, root_seq, body.seq)

    @router.put(
        f"{_ROOT}/follow",
        status_code=status.HTTP_204_NO_CONTENT,
        openapi_extra=refuses(ChatNotFound, MessageNotFound, RootIsReply, MessageIsDeleted, TooManyThreads),
    )
    @scoped("chats:write")
    async def follow(root_seq: RootSeq, member: ChatMembership, work: Work, log: LogDep, limits: LimitsDep) -> None:
        """Follows a thread: `GET /threads` lists it while it has replies.

        Its repliers and the author of its root follow it, too.
        """
        limits.hit(CHANGE_THREADS, member.account_id.int)
        await threads.follow(work, log, member.chat_id, member.account_id, root_seq)

    @router.delete(
        f"{_ROOT}/follow",
        status_code=status.HTTP_204_NO_CONTENT,
        openapi_extra=refuses(ChatNotFound, MessageNotFound, RootIsReply),
    )
    @scoped("chats:write")
    async def unfollow(root_seq: RootSeq, member: ChatMembership, work: Work, log: LogDep, limits: LimitsDep) -> None:
        """Stops following a thread. A later reply of the caller follows it again."""
        limits.hit(CHANGE_THREADS, member.account_id.int)
        await threads.unfollow(work, log, member.chat_id, member.account_id, root_seq)

    return router
