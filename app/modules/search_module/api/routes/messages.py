from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.dependencies.services_dependency import LimitsDep
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.base_module.schemas import Cursor, Storable, refuses
from app.modules.chats_module.errors import ChatNotFound
from app.modules.search_module.dependencies import MessageSearchDep
from app.modules.search_module.errors import SearchBuilding
from app.modules.search_module.schemas import make_found_page
from app.modules.search_module.services.finding import Order, Request
from app.modules.search_module.services.flags import flags_of
from app.modules.search_module.services.query import MAX_QUERY, read_time
from app.modules.search_module.settings import SEARCH_MESSAGES
from app.utils.module import Modules

_DEFAULT, _MOST = 20, 50
_Time = Annotated[
    str | None,
    Query(
        max_length=40,
        description="a date (2026-01-31) or a time of RFC 3339; in UTC unless it says otherwise",
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
                "`before:2026-01-31`, `after:`; the last word is found as a prefix unless a space follows it",
                examples=["привет"],
            ),
        ],
        chat_id: Annotated[UUID | None, Query(description="only in this chat")] = None,
        sender_id: Annotated[UUID | None, Query(description="only messages of this account")] = None,
        before: _Time = None,
        after: _Time = None,
        has: Annotated[
            list[has_values] | None,  # type: ignore[valid-type]
            Query(description="only messages with all of these"),
        ] = None,
        order: Annotated[Order, Query(description="`relevant`: the newest 1,000 hits by how well they fit")] = "newest",
        cursor: Cursor = None,
        limit: Annotated[
            int, Query(ge=1, le=_MOST, description=f"how many at the most, {_DEFAULT} unless told")
        ] = _DEFAULT,
    ) -> Response:
        """Messages that have all of the words, in the chats that the caller is in now."""
        limits.hit(SEARCH_MESSAGES, identity.account_id.int)
        request = Request(
            q,
            chat_id,
            sender_id,
            read_time(before, "before") if before is not None else None,
            read_time(after, "after") if after is not None else None,
            has or (),
            order,
            cursor,
            limit,
        )
        return Response(await search.find(identity.account_id, request), media_type="application/json")

    return router
