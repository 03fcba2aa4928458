from typing import Annotated

from fastapi import APIRouter, Response, status

from app.dependencies.dependency_db import Db, Work
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import LimitsDep
from app.modules.base_module.schemas import Cursor, PathSeq, refuses
from app.modules.chats_module.dependencies import ChatMembership
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.chats_module.extension import may
from app.modules.chats_module.services.access import Membership
from app.modules.messages_module.dependencies import MessagesDep, ViewsDep
from app.modules.messages_module.errors import MessageIsDeleted, MessageNotFound
from app.modules.pins_module import services
from app.modules.pins_module.errors import TooManyPins
from app.modules.pins_module.schemas import make_pins
from app.modules.pins_module.settings import CHANGE_PINS
from app.modules.streams_module.dependencies import LogDep
from app.utils.module import Modules

Pinner = Annotated[Membership, may(services.PIN)]


def make_router(modules: Modules) -> APIRouter:
    router = APIRouter(prefix="/chats/{chat_id}/pins")

    @router.get("", response_model=make_pins(modules), openapi_extra=refuses(ChatNotFound))
    @scoped("messages:read")
    async def list_of_chat(member: ChatMembership, database: Db, views: ViewsDep, cursor: Cursor = None) -> Response:
        """Lists the pinned messages of a chat, the one pinned last first. Only large ones need more than one page."""
        async with database.connection() as connection:
            pins = await services.list_pins(connection, views, member.account_id, member.chat_id, cursor)
        return Response(pins, media_type="application/json")

    @router.put(
        "/{seq}",
        status_code=status.HTTP_204_NO_CONTENT,
        openapi_extra=refuses(ChatNotFound, MessageNotFound, NotAllowedInChat, MessageIsDeleted, TooManyPins),
    )
    async def pin(
        seq: PathSeq,
        member: Pinner,
        work: Work,
        log: LogDep,
        views: ViewsDep,
        messages: MessagesDep,
        limits: LimitsDep,
    ) -> None:
        """Pins a message; repeating it changes nothing. Requires an admin, in a direct chat one of its members."""
        limits.hit(CHANGE_PINS, member.account_id.int)
        await services.pin(work, log, views, messages, member.chat_id, member.account_id, seq)

    @router.delete(
        "/{seq}",
        status_code=status.HTTP_204_NO_CONTENT,
        openapi_extra=refuses(ChatNotFound, MessageNotFound, NotAllowedInChat),
    )
    async def unpin(
        seq: PathSeq,
        member: Pinner,
        work: Work,
        log: LogDep,
        views: ViewsDep,
        messages: MessagesDep,
        limits: LimitsDep,
    ) -> None:
        """Unpins a message. It needs the same permission as pinning, not the same account.

        In a direct chat with a block, only the account's own pins are removed.
        """
        limits.hit(CHANGE_PINS, member.account_id.int)
        await services.unpin(work, log, views, messages, member.chat_id, member.account_id, seq)

    return router
