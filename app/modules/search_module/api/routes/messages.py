from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import LimitsDep
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.base_module.schemas import Cursor, Storable, refuses
from app.modules.chats_module.errors import ChatNotFound
from app.modules.search_module.dependencies import MessageSearchDep
from app.modules.search_module.errors import SearchBuilding
from app.modules.search_module.schemas import make_found_page
from app.modules.search_module.services.flags import flags_of
from app.modules.search_module.services.message_search import Order, SearchRequest
from app.modules.search_module.services.query import MAX_QUERY, read_time
from app.modules.search_module.settings import SEARCH_MESSAGES
from app.utils.module import Modules

_DEFAULT, _MAX = 20, 50
_Time = Annotated[
    str | None,
    Query(
        max_length=40,
        description="a date (2026-01-31) or an RFC 3339 time; UTC unless it has an offset",
        examples=["2026-01-31"],
    ),
]


def make_router(modules: Modules) -> APIRouter:
    router = APIRouter(prefix="/search")
    has_values = Literal[flags_of(modules)]  # type: ignore[valid-type]

    @router.get(
        "/messages",
        response_model=make_found_page(modules),
        openapi_extra=refuses(ChatNotFound, SearchBuilding),
    )
    @scoped("messages:read")
    async def messages(
        identity: CurrentIdentity,
        limits: LimitsDep,
        search: MessageSearchDep,
        q: Annotated[
            Storable,
            Query(
                min_length=1,
                max_length=MAX_QUERY,
                description='words, "phrases", -negations, `from:@name`, `in:<chat id>`, `has:link`, '
                "`before:2026-01-31`, `after:`; the last word matches as a prefix unless a space "
                "follows it",
                examples=["привет"],
            ),
        ],
        chat_id: Annotated[UUID | None, Query(description="search only in this chat")] = None,
        sender_id: Annotated[UUID | None, Query(description="search only messages of this account")] = None,
        before: _Time = None,
        after: _Time = None,
        has: Annotated[
            list[has_values] | None,  # type: ignore[valid-type]
            Query(description="search only messages that have all of these"),
        ] = None,
        order: Annotated[Order, Query(description="`relevant` orders the newest 1,000 hits by relevance")] = "newest",
        cursor: Cursor = None,
        limit: Annotated[
            int, Query(ge=1, le=_MAX, description=f"maximum number of items, {_DEFAULT} by default")
        ] = _DEFAULT,
    ) -> Response:
        """Finds messages that contain all words, in the caller's current chats."""
        limits.hit(SEARCH_MESSAGES, identity.account_id.int)
        request = SearchRequest(
            q,
            chat_id=chat_id,
            sender_id=sender_id,
            before=read_time(before, "before") if before is not None else None,
            after=read_time(after, "after") if after is not None else None,
            has=has or (),
            order=order,
            cursor=cursor,
            limit=limit,
        )
        return Response(await search.find(identity.account_id, request), media_type="application/json")

    return router
