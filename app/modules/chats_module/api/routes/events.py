from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app.modules.accounts_module.dependencies import CurrentIdentity, RevocationsDep
from app.modules.base_module.schemas import refuses
from app.modules.chats_module.dependencies import ChatMembership
from app.modules.chats_module.errors import ChatNotFound
from app.modules.streams_module.dependencies import EVENTS_ANSWERS, EventsQuery, LogReaderDep, answer_events
from app.modules.streams_module.errors import StreamGap
from app.modules.streams_module.schemas import EventPage
from app.modules.streams_module.services.reader import Reader

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
