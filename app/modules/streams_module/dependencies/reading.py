"""How every address of events is asked and answered: as a page, by waiting, or as server-sent events."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Scope

from app.modules.base_module.schemas import Limit, Position
from app.modules.streams_module.services.reader import LogReader, Reader
from app.resources.constants import DEFAULT_PAGE, MAX_BIGINT, MAX_PAGE
from app.services.errors import ValidationFailed
from app.utils.peer import Peer, peer_of

_EVENT_STREAM = "text/event-stream"
_MAX_WAIT = 30
_USUAL_QUERY = re.compile(rb"after=(\d{1,18})(?:&limit=(\d{1,3}))?(?:&wait=(\d{1,2}))?")

EVENTS_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {_EVENT_STREAM: {"schema": {"type": "string", "examples": ["id: 1\ndata: {...}\n\n"]}}}}
}


async def _find_peer(request: Request) -> Peer:
    return peer_of(request.scope)


@dataclass(frozen=True, slots=True)
class EventsQuery:
    """What a reader of events asks for. `Last-Event-ID`, which browsers send by themselves, goes before `after`."""

    peer: Annotated[Peer, Depends(_find_peer)]
    after: Annotated[Position, Query(description="the last number that one has")] = 0
    limit: Limit = DEFAULT_PAGE
    wait: Annotated[float, Query(ge=0, le=_MAX_WAIT, description="seconds to wait for the first event, 0 to 30")] = 0
    accept: Annotated[str, Header(include_in_schema=False)] = ""
    last_event_id: Annotated[str, Header(description="for server-sent events: the last number that one has")] = ""

    def cursor(self) -> int:
        if not self.last_event_id or _EVENT_STREAM not in self.accept:
            return self.after
        given = self.last_event_id
        if not (
            given.isascii() and given.isdecimal() and len(given) <= len(str(MAX_BIGINT)) and int(given) <= MAX_BIGINT
        ):
            raise ValidationFailed(("header", "last-event-id"), f"a whole number from 0 to {MAX_BIGINT}")
        return int(given)


def read_shortly(scope: Scope) -> EventsQuery | None:
    """What a poll asks for, for its shortcut; None where it does not ask as every client does, or for another form."""
    found = _USUAL_QUERY.fullmatch(scope["query_string"])
    if found is None:
        return None
    for name, value in scope["headers"]:
        if name == b"last-event-id" or (name == b"accept" and _EVENT_STREAM.encode() in value):
            return None
    after, limit, wait = found.groups()
    query = EventsQuery(peer_of(scope), int(after), int(limit or DEFAULT_PAGE), int(wait or 0))
    return query if 1 <= query.limit <= MAX_PAGE and query.wait <= _MAX_WAIT else None


async def answer_events(
    log_reader: LogReader, reader: Reader, query: EventsQuery, is_allowed: Callable[[], bool]
) -> Response:
    """The answer in the form that `Accept` asks for; waiting ends when `is_allowed` says so, or the client has left."""

    def goes_on() -> bool:
        return is_allowed() and not query.peer.has_left

    if _EVENT_STREAM in query.accept:
        await log_reader.check(reader.stream_id, query.cursor())
        return StreamingResponse(
            log_reader.server_sent_events(reader, query.cursor(), goes_on),
            media_type=_EVENT_STREAM,
            # No cache keeps it, and no proxy gathers it.
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
    page = await log_reader.poll(reader, query.after, query.limit, query.wait, goes_on)
    return Response(page, media_type="application/json")
