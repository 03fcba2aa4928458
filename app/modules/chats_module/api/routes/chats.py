"""Routes of chats: creating, listing, reading, changing and deleting them."""

from fastapi import APIRouter, Response, status

from app.dependencies.dependency_db import Db, Work
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import LimitsDep, SizesDep
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.base_module.schemas import Cursor, Limit, Page, refuses
from app.modules.chats_module.dependencies import (
    ChatChanger,
    ChatId,
    ChatMembership,
    DeletionsDep,
    MemberRulesDep,
    PartsDep,
)
from app.modules.chats_module.errors import (
    AddingRefused,
    CannotOwn,
    ChatIdTaken,
    ChatNotFound,
    LimitingMemberMissing,
    NotAllowedInChat,
    TooManyChats,
    TooManyMembers,
)
from app.modules.chats_module.schemas import ChatCreate, chat_models
from app.modules.chats_module.services import chats, views
from app.modules.chats_module.settings import ADD_PEOPLE, CREATE_CHAT
from app.modules.streams_module.dependencies import LogDep
from app.resources.constants import MAX_CHAT_BYTES
from app.utils.body_limit import body_limit
from app.utils.module import Modules

_JSON = "application/json"


def make_router(modules: Modules) -> APIRouter:
    router = APIRouter(prefix="/chats")
    models = chat_models(modules)

    @router.post(
        "",
        status_code=status.HTTP_201_CREATED,
        response_model=models.read,
        responses={200: {"model": models.read, "description": "The chat already exists"}},
        openapi_extra=refuses(
            AddingRefused, CannotOwn, ChatIdTaken, ChatNotFound, LimitingMemberMissing, TooManyChats, TooManyMembers
        ),
    )
    @body_limit(MAX_CHAT_BYTES)
    @scoped("chats:write")
    async def create(
        body: ChatCreate,
        identity: CurrentIdentity,
        limits: LimitsDep,
        sizes: SizesDep,
        work: Work,
        log: LogDep,
        rules: MemberRulesDep,
        parts: PartsDep,
    ) -> Response:
        """Creates a chat.

        The same id again, or a second direct chat of the same two accounts, returns the existing chat with status 200.
        For a chat that the caller has left since, the answer is 404.
        """
        limits.hit(CREATE_CHAT, identity.account_id.int)
        if body.type != "direct" and body.member_ids:
            limits.hit(ADD_PEOPLE, identity.account_id.int, count=len(body.member_ids))
        chat_id, is_new = await chats.create_chat(work, log, sizes, rules, identity.account_id, body)
        chat = await views.view_chat(await work.raw(), parts, identity.account_id, chat_id)
        return Response(chat, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK, media_type=_JSON)

    @router.get("", response_model=Page[models.read])  # type: ignore[name-defined]
    @scoped("chats:read")
    async def list_mine(
        identity: CurrentIdentity, database: Db, parts: PartsDep, cursor: Cursor = None, limit: Limit = 50
    ) -> Response:
        """Lists the caller's chats, the one with the newest message first.

        A chat that gets a message while the list is read page by page moves to the top and may be missing from all
        pages. The reply to the socket's `hello` lists it under `without_cursor`.
        """
        async with database.connection() as connection:
            page = await views.view_chats(connection, parts, identity.account_id, cursor, limit)
        return Response(page, media_type=_JSON)

    @router.get("/{chat_id}", response_model=models.read, openapi_extra=refuses(ChatNotFound))
    @scoped("chats:read")
    async def read(chat_id: ChatId, identity: CurrentIdentity, database: Db, parts: PartsDep) -> Response:
        """Returns one chat."""
        async with database.connection() as connection:
            return Response(await views.view_chat(connection, parts, identity.account_id, chat_id), media_type=_JSON)

    @router.patch("/{chat_id}", response_model=models.read, openapi_extra=refuses(ChatNotFound, NotAllowedInChat))
    async def change(
        body: models.update,  # type: ignore[name-defined]
        changer: ChatChanger,
        work: Work,
        log: LogDep,
        parts: PartsDep,
    ) -> Response:
        """Changes title and description. Requires the owner or an admin."""
        await chats.update_chat(work, log, parts, changer.chat_id, changer.account_id, body)
        chat = await views.view_chat(await work.raw(), parts, changer.account_id, changer.chat_id)
        return Response(chat, media_type=_JSON)

    @router.delete(
        "/{chat_id}", status_code=status.HTTP_204_NO_CONTENT, openapi_extra=refuses(ChatNotFound, NotAllowedInChat)
    )
    @scoped("chats:write")
    async def delete(member: ChatMembership, work: Work, log: LogDep, deletions: DeletionsDep) -> None:
        """Deletes the chat for all members. Requires the owner."""
        await chats.delete_chat(work, log, member.chat_id, member.account_id)
        work.after_commit(deletions.wake)

    return router
