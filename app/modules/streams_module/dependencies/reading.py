"""Query and response of every route that reads events: a page, long polling, or server-sent events."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request
from starlette.responses import Response, StreamingResponse

from app.modules.base_module.schemas import Limit, Position
from app.modules.streams_module.services.reader import LogReader, Reader
from app.resources.constants import DEFAULT_PAGE, MAX_BIGINT
from app.services.errors import ValidationFailed
from app.utils.accept import preference_for
from app.utils.remote_client import RemoteClient, remote_client_of

_JSON = "application/json"
_EVENT_STREAM = "text/event-stream"
_MAX_WAIT = 30

EVENTS_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {_EVENT_STREAM: {"schema": {"type": "string", "examples": ["id: 1\ndata: {...}\n\n"]}}}}
}

Watching = Callable[[], AbstractContextManager[Callable[[], bool]]]
"""Makes a context manager. It yields a function that returns True while the reader's session is live."""


async def _find_remote_client(request: Request) -> RemoteClient:
    return remote_client_of(request.scope)


async def _is_head(request: Request) -> bool:
    return request.method == "HEAD"


@dataclass(frozen=True, slots=True)
class EventsQuery:
    """Query parameters of a route that reads events. `Last-Event-ID`, which browsers send, goes before `after`."""

    remote_client: Annotated[RemoteClient, Depends(_find_remote_client)]
    after: Annotated[Position, Query(description="sequence number of the last event that the client has")] = 0
    limit: Limit = DEFAULT_PAGE
    wait: Annotated[
        float, Query(ge=0, le=_MAX_WAIT, description="seconds to wait for the first new event, 0 to 30")
    ] = 0
    accept: Annotated[list[str] | None, Header(include_in_schema=False)] = None
    last_event_id: Annotated[
        str, Header(description="server-sent events: sequence number of the last event that the client has")
    ] = ""
    is_head: Annotated[bool, Depends(_is_head)] = False

    @property
    def wants_stream(self) -> bool:
        return _prefers_stream(",".join(self.accept or ()))

    def cursor(self) -> int:
        if not self.last_event_id or not self.wants_stream:
            return self.after
        given = self.last_event_id
        if not (
            given.isascii() and given.isdecimal() and len(given) <= len(str(MAX_BIGINT)) and int(given) <= MAX_BIGINT
        ):
            raise ValidationFailed(("header", "last-event-id"), f"a whole number from 0 to {MAX_BIGINT}")
        return int(given)


@lru_cache(maxsize=64)
def _prefers_stream(accept: str) -> bool:
    """Returns True if the client prefers server-sent events, or accepts both alike and names text/event-stream."""
    stream, page = preference_for(_EVENT_STREAM, accept), preference_for(_JSON, accept)
    return stream.weight > 0 and (stream > page or (stream == page and stream.exactness == 2))


async def answer_events(log_reader: LogReader, reader: Reader, query: EventsQuery, watching: Watching) -> Response:
    """Returns the response in the format that `Accept` asks for.

    Waiting ends when the reader's session ends or the client disconnects. HEAD does not wait.
    """
    if query.wants_stream:
        await log_reader.check(reader.stream_id, query.cursor())
        return StreamingResponse(
            () if query.is_head else _watched_events(log_reader, reader, query, watching),
            media_type=_EVENT_STREAM,
            # Proxies must not buffer it.
            headers={"X-Accel-Buffering": "no"},
        )
    if query.is_head or not query.wait:
        page = await log_reader.poll(reader, query.after, query.limit, 0, lambda: True)
    else:
        with watching() as is_live:
            page = await log_reader.poll(
                reader, query.after, query.limit, query.wait, lambda: is_live() and not query.remote_client.has_left
            )
    return Response(page, media_type=_JSON)


async def _watched_events(
    log_reader: LogReader, reader: Reader, query: EventsQuery, watching: Watching
) -> AsyncIterator[bytes]:
    with watching() as is_live:
        events = log_reader.server_sent_events(
            reader, query.cursor(), lambda: is_live() and not query.remote_client.has_left
        )
        async for part in events:
            yield part
