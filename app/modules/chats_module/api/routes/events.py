from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.types import Scope

from app.adapters.db.database import Database
from app.dependencies.services_dependency import container_of
from app.modules.accounts_module.dependencies import CurrentIdentity, RevocationsDep
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.accounts_module.services.tokens import Identity
from app.modules.base_module.schemas import refuses
from app.modules.chats_module.dependencies import ChatMembership, read_chat_id
from app.modules.chats_module.errors import ChatNotFound
from app.modules.chats_module.services.access import get_membership
from app.modules.streams_module.dependencies import (
    EVENTS_ANSWERS,
    EventsQuery,
    LogReaderDep,
    answer_events,
    read_shortly,
)
from app.modules.streams_module.errors import StreamGap
from app.modules.streams_module.schemas import EventPage
from app.modules.streams_module.services.reader import LogReader, Reader
from app.utils.shortcut import shortcut

router = APIRouter(prefix="/chats/{chat_id}")


@router.get(
    "/events",
    response_model=EventPage,
    responses=EVENTS_ANSWERS,
    openapi_extra=refuses(ChatNotFound, StreamGap),
)
async def list_events(
    member: ChatMembership,
    identity: CurrentIdentity,
    revocations: RevocationsDep,
    log_reader: LogReaderDep,
    query: Annotated[EventsQuery, Depends()],
) -> Response:
    """Events of the chat's stream after a number: a page, a long poll with `wait`, or server-sent events."""
    reader = Reader(member.chat_id, member.account_id, member.joined_event_seq)
    return await answer_events(log_reader, reader, query, lambda: identity.session_id not in revocations)


@shortcut(list_events)
async def list_events_shortly(scope: Scope, _: bytes) -> Response | None:
    """A poll of somebody who is signed in, asked for with nothing wrong."""
    identity: Identity | None = scope.get("identity")
    query, chat_id = read_shortly(scope), read_chat_id(scope)
    if identity is None or query is None or chat_id is None:
        return None
    container = container_of(scope)
    async with container.get(Database).connection() as connection:
        member = await get_membership(connection, chat_id, identity.account_id)
    return await list_events(member, identity, container.get(Revocations), container.get(LogReader), query)
