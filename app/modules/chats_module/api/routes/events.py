from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.dependencies.dependency_db import Db
from app.modules.base_module.schemas import Limit, Position, refuses
from app.modules.chats_module.dependencies import ChatMembership
from app.modules.chats_module.errors import ChatNotFound
from app.modules.streams_module.errors import StreamGap
from app.modules.streams_module.schemas import EventPage
from app.modules.streams_module.services.log import read_page

router = APIRouter(prefix="/chats/{chat_id}")


@router.get("/events", response_model=EventPage, openapi_extra=refuses(ChatNotFound, StreamGap))
async def list_events(
    member: ChatMembership,
    database: Db,
    after: Annotated[Position, Query(description="the last number that one has")] = 0,
    limit: Limit = 50,
) -> Response:
    """Events of the chat's stream after a number."""
    async with database.connection() as connection:
        return Response(await read_page(connection, member.chat_id, after, limit), media_type="application/json")
