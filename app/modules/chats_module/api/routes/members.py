"""Routes of a chat's members, and of the caller's read position."""

from fastapi import APIRouter, Response, status

from app.dependencies.dependency_db import Work
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import LimitsDep, SizesDep
from app.modules.accounts_module.schemas import AccountId
from app.modules.base_module.schemas import Cursor, Limit, Page, refuses
from app.modules.chats_module.dependencies import ChatMembership, MemberRulesDep, MemberViewsDep
from app.modules.chats_module.errors import (
    AddingRefused,
    CannotOwn,
    ChatNotFound,
    DirectChatIsFixed,
    LimitingMemberMissing,
    MemberNotFound,
    NotAllowedInChat,
    OwnerIsAbsent,
    OwnerMustHandOver,
    TooManyChats,
    TooManyMembers,
)
from app.modules.chats_module.schemas import MemberRead, MembersAdd, MemberUpdate, ReadPosition, ReadUpdate, chat_models
from app.modules.chats_module.services import members, reading
from app.modules.chats_module.settings import ADD_MEMBERS, ADD_PEOPLE
from app.modules.streams_module.dependencies import LogDep
from app.utils.module import Modules


def make_router(modules: Modules) -> APIRouter:
    router = APIRouter(prefix="/chats/{chat_id}")
    member_model = chat_models(modules).member
    page_model = Page[member_model]  # type: ignore[valid-type]

    @router.get("/members", response_model=page_model, openapi_extra=refuses(ChatNotFound))
    @scoped("chats:read")
    async def list_members(
        member: ChatMembership, work: Work, views: MemberViewsDep, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[MemberRead]:
        """Lists the members of the chat, in the order of joining."""
        return await members.list_members(work, views, member.chat_id, member.account_id, cursor, limit)

    @router.post(
        "/members",
        status_code=status.HTTP_201_CREATED,
        response_model=page_model,
        responses={200: {"model": page_model, "description": "All of them are already members"}},
        openapi_extra=refuses(
            ChatNotFound,
            NotAllowedInChat,
            AddingRefused,
            DirectChatIsFixed,
            LimitingMemberMissing,
            TooManyChats,
            TooManyMembers,
        ),
    )
    @scoped("members:write")
    async def add_members(
        body: MembersAdd,
        member: ChatMembership,
        limits: LimitsDep,
        sizes: SizesDep,
        work: Work,
        log: LogDep,
        rules: MemberRulesDep,
        views: MemberViewsDep,
        response: Response,
    ) -> Page[MemberRead]:
        """Adds members. Requires the owner or an admin. New members see the whole history; it counts as read."""
        limiting = (await rules.find_limits(work, [member.account_id])).get(member.account_id, member.account_id)
        limits.hit(ADD_MEMBERS, limiting.int)
        limits.hit(ADD_PEOPLE, limiting.int, count=len(body.account_ids))
        if not await members.add_members(work, log, sizes, rules, member.chat_id, member.account_id, body):
            response.status_code = status.HTTP_200_OK
        return await members.list_chosen(work, views, member.chat_id, member.account_id, body.account_ids)

    @router.patch(
        "/members/{account_id}",
        response_model=member_model,
        openapi_extra=refuses(
            ChatNotFound,
            MemberNotFound,
            NotAllowedInChat,
            CannotOwn,
            DirectChatIsFixed,
            OwnerIsAbsent,
            OwnerMustHandOver,
        ),
    )
    @scoped("members:write")
    async def change_role(
        account_id: AccountId,
        body: MemberUpdate,
        member: ChatMembership,
        work: Work,
        log: LogDep,
        rules: MemberRulesDep,
        views: MemberViewsDep,
    ) -> MemberRead:
        """Changes the role of a member. `owner` transfers the ownership of the chat."""
        return await members.change_role(
            work, log, rules, views, member.chat_id, member.account_id, account_id, body.role
        )

    @router.delete(
        "/members/{account_id}",
        status_code=status.HTTP_204_NO_CONTENT,
        openapi_extra=refuses(ChatNotFound, MemberNotFound, NotAllowedInChat, DirectChatIsFixed, OwnerMustHandOver),
    )
    @scoped("members:write")
    async def remove_member(
        account_id: AccountId, member: ChatMembership, work: Work, log: LogDep, rules: MemberRulesDep
    ) -> None:
        """Removes a member. The caller's own id leaves the chat."""
        await members.remove_member(work, log, rules, member.chat_id, member.account_id, account_id)

    @router.put("/read", openapi_extra=refuses(ChatNotFound))
    @scoped("chats:write")
    async def mark_read(body: ReadUpdate, member: ChatMembership, work: Work, log: LogDep) -> ReadPosition:
        """Moves the caller's read position forward. It never moves back."""
        return await reading.mark_read(work, log, member.chat_id, member.account_id, body.seq)

    return router
