from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.dependencies.dependency_db import Db
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import LimitsDep
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.base_module.schemas import Cursor, Limit
from app.modules.entities_module.schemas import make_mentions
from app.modules.entities_module.services import mentions
from app.modules.entities_module.settings import LIST_MENTIONS
from app.modules.messages_module.dependencies import ViewsDep
from app.resources.constants import DEFAULT_PAGE
from app.utils.module import Modules


def make_router(modules: Modules) -> APIRouter:
    router = APIRouter(prefix="/mentions")

    @router.get("", response_model=make_mentions(modules))
    @scoped("messages:read")
    async def list_mine(
        identity: CurrentIdentity,
        limits: LimitsDep,
        database: Db,
        views: ViewsDep,
        unread: Annotated[bool, Query(description="only messages after the caller's read positions")] = False,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_PAGE,
    ) -> Response:
        """Returns messages that mention the caller, in all chats that it is a member of, the newest mention first.

        A page may have fewer messages than `limit`, or none, and still a cursor.
        """
        limits.hit(LIST_MENTIONS, identity.account_id.int)
        async with database.connection() as connection:
            page = await mentions.list_mentions(connection, views, identity.account_id, cursor, limit, unread=unread)
        return Response(page, media_type="application/json")

    return router
