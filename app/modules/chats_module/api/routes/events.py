from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.types import Scope

from app.adapters.db.database import Database
from app.dependencies.dependency_db import Db
from app.dependencies.services_dependency import container_of
from app.modules.accounts_module.dependencies import CurrentIdentity, RevocationsDep
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.accounts_module.services.tokens import Identity
from app.modules.base_module.schemas import refuses
from app.modules.chats_module.dependencies import ChatId, read_chat_id
from app.modules.chats_module.errors import ChatNotFound
from app.modules.chats_module.services.access import get_event_reader
from app.modules.streams_module.dependencies import (
    EVENTS_ANSWERS,
    EventsQuery,
    LogReaderDep,
    answer_events,
    read_shortly,
)
from app.modules.streams_module.errors import StreamGap
from app.modules.streams_module.schemas import EventPage
from app.modules.streams_module.services.reader import LogReader
from app.services.http_requests import CALLER
from app.utils.shortcut import shortcut

router = APIRouter(prefix="/chats/{chat_id}")


@router.get(
    "/events",
    response_model=EventPage,
    responses=EVENTS_ANSWERS,
    openapi_extra=refuses(ChatNotFound, StreamGap),
)
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


@shortcut(list_events)
async def list_events_shortly(scope: Scope, _: bytes) -> Response | None:
    """A poll of somebody who is signed in, asked for with nothing wrong."""
    identity: Identity | None = scope.get(CALLER)
    query, chat_id = read_shortly(scope), read_chat_id(scope)
    if identity is None or query is None or chat_id is None:
        return None
    container = container_of(scope)
    database, log_reader = container.get(Database), container.get(LogReader)
    return await list_events(chat_id, identity, database, container.get(Revocations), log_reader, query)
