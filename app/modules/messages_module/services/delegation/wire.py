"""How sends and their results are encoded on their way to another process and back."""

import struct
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from app.adapters.clients.peers import BadFrame
from app.modules.messages_module.services.batch import Written
from app.modules.streams_module.services.log import encode_time
from app.services.errors import ServiceError

FORMAT = 1
"""Processes with another number do not connect. Change it with this file."""
WRITTEN, REPLAYED, REFUSED, FAILED = range(4)
"""Results: FAILED is an unexpected error."""
_SEND = struct.Struct("!I16s16s16sI")
_EVENTS = struct.Struct("!16sQ32sI")
_EVENT = struct.Struct("!I")
_RESULT = struct.Struct("!IBI")
_NO_SESSION = bytes(16)


class DelegatedSend(NamedTuple):
    """A send as it arrives. `body` is the JSON of the request. `session`: the id of the sender's session, or None."""

    number: int
    chat: bytes
    sender: bytes
    session: bytes | None
    body: bytes


def encode_send(number: int, chat_id: UUID, sender_id: UUID, session_id: UUID | None, body: bytes) -> bytes:
    session = session_id.bytes if session_id else _NO_SESSION
    return _SEND.pack(number, chat_id.bytes, sender_id.bytes, session, len(body)) + body


def read_sends(content: bytes) -> Iterator[DelegatedSend]:
    """Raises BadFrame."""
    for (number, chat, sender, session), body in _read(_SEND, content):
        yield DelegatedSend(number, chat, sender, None if session == _NO_SESSION else session, body)


def encode_result(number: int, kind: int, content: bytes) -> bytes:
    return _RESULT.pack(number, kind, len(content)) + content


def read_results(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yields the number of a send, the kind of its result, and its content. Raises BadFrame."""
    for (number, kind), result in _read(_RESULT, content):
        if kind > FAILED:
            raise BadFrame(f"result {kind}")
        yield number, kind, result


def encode_events(written: Written) -> bytes:
    """Encodes the events of a batch in one stream."""
    events = b"".join([_EVENT.pack(len(event)) + event for event in written.events])
    return _EVENTS.pack(written.chat_id.bytes, written.base, encode_time(written.at).encode(), len(events)) + events


def read_events(content: bytes) -> Iterator[tuple[bytes, int, bytes, bytes]]:
    """Yields a stream's id, the number before the first event, their time for `read_time`, and the events for
    `split_events`.

    Raises BadFrame.
    """
    for (chat, base, at), events in _read(_EVENTS, content):
        yield chat, base, at, events


def read_time(at: bytes) -> str:
    return at.rstrip(b"\0").decode("ascii", "replace")


def split_events(content: bytes) -> list[bytes]:
    """Raises BadFrame."""
    return [event for _, event in _read(_EVENT, content)]


def _read(head: struct.Struct, content: bytes) -> Iterator[tuple[Sequence[Any], bytes]]:
    """Yields what each head has before the length, and the bytes after it."""
    place, size = 0, len(content)
    while place < size:
        if size - place < head.size:
            raise BadFrame("a record is cut")
        *values, length = head.unpack_from(content, place)
        place += head.size
        if length > size - place:
            raise BadFrame("a record is longer than its frame")
        yield values, content[place : place + length]
        place += length


def encode_refusal(error: ServiceError) -> bytes:
    """Encodes an error with its class, whose code, category and title the other process knows as well."""
    members = [_name_of(type(error)), error.detail, error.extra, error.retry_after, error.headers]
    return orjson.dumps(members, default=str)


def read_refusal(content: bytes) -> ServiceError:
    """Returns the error. Raises BadFrame, also if this process has no such class."""
    try:
        name, detail, extra, retry_after, headers = orjson.loads(content)
        kind = _find_kind(name)
    except (ValueError, StopIteration) as error:
        raise BadFrame("a refusal cannot be read") from error
    # Classes have constructors of their own. Their results are what was sent.
    refusal = kind.__new__(kind)
    ServiceError.__init__(refusal, detail, extra=extra, retry_after=retry_after)
    refusal.headers = headers
    return refusal


@lru_cache
def _find_kind(name: str) -> type[ServiceError]:
    """Returns the class of an error. Raises StopIteration. An overloaded process refuses many sends in a moment."""
    return next(kind for kind in _kinds(ServiceError) if _name_of(kind) == name)


def _kinds(kind: type[ServiceError]) -> Iterator[type[ServiceError]]:
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)


def _name_of(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
