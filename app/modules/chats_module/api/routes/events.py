"""The route of a chat's events."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app.dependencies.dependency_db import Db
from app.dependencies.hot_route import HotRoute
from app.dependencies.scopes import scoped
from app.modules.accounts_module.dependencies import CurrentIdentity, RevocationsDep
from app.modules.base_module.schemas import refuses
from app.modules.chats_module.dependencies import ChatId
from app.modules.chats_module.errors import ChatNotFound
from app.modules.chats_module.services.access import get_event_reader
from app.modules.streams_module.dependencies import (
    EVENTS_ANSWERS,
    EventsQuery,
    LogReaderDep,
    answer_events,
)
from app.modules.streams_module.errors import StreamGap
from app.modules.streams_module.schemas import EventPage

router = APIRouter(prefix="/chats/{chat_id}", route_class=HotRoute)


@router.get(
    "/events",
    response_model=EventPage,
    responses=EVENTS_ANSWERS,
    openapi_extra=refuses(ChatNotFound, StreamGap),
)
@scoped("messages:read")
async def list_events(
    chat_id: ChatId,
    identity: CurrentIdentity,
    database: Db,
    revocations: RevocationsDep,
    log_reader: LogReaderDep,
    query: Annotated[EventsQuery, Depends()],
) -> Response:
    """Returns events of the chat's stream after a cursor.

    The answer is a page, a long poll with `wait`, or server-sent events. A former member
    may read the events up to the end of the membership.
    """
    async with database.connection() as connection:
        reader = await get_event_reader(connection, chat_id, identity.account_id, query.cursor())
    watching = partial(revocations.open_sessions.watching, identity.session_id)
    return await answer_events(log_reader, reader, query, watching)
