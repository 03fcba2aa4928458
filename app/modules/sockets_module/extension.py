"""What other modules may add to the WebSocket: the streams that come over it, requests, and signals.

A module that contributes here need not depend on the sockets: without them its contributions count for nothing.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from app.services.context import Context


@dataclass(frozen=True)
class Signal:
    """Something that the followers of a stream get live and that is not kept, as typing.

    `data` describes it. Its `account_id`, where it has one, is the account that it is about, which does not get it. A
    signal of any other kind never reaches a client.
    """

    optional_host: ClassVar[bool] = True

    kind: str
    data: type[BaseModel]


class ReadableStream(NamedTuple):
    """A stream that an account may read now.

    - `first_seq`, `last_seq`: the numbers of its first and last event.
    - `joined_seq`: the number of the event with which the account began to read it; 0 for all of it.
    - `account_seq`: the number of the event in the account's own stream that said so.
    """

    stream_id: UUID
    first_seq: int
    last_seq: int
    joined_seq: int = 0
    account_seq: int = 0


class LeftStream(NamedTuple):
    """A stream that an account may read no longer, but for its events from `first_seq` up to `left_seq`."""

    stream_id: UUID
    first_seq: int
    left_seq: int


class Joined(NamedTuple):
    """What an event in an account's own stream says: it reads this stream too, from the event `joined_seq` on."""

    stream_id: UUID
    joined_seq: int


ListStreams = Callable[[Context, UUID], Awaitable[Sequence[ReadableStream]]]
ListLeft = Callable[[Context, UUID, Sequence[UUID]], Awaitable[Sequence[LeftStream]]]
ListAudience = Callable[[Context, UUID, int], Awaitable[Sequence[UUID]]]
FindJoined = Callable[[Mapping[str, object]], Joined]


@dataclass(frozen=True)
class StreamSource:
    """Streams that accounts may read, beside their own, which the socket knows by itself.

    - `list_streams(context, account_id)`: those that the account may read now, as of one moment.
    - `list_left(context, account_id, stream_ids)`: those of these streams that the account has left.
    - `joins`: the kinds of events in an account's own stream by which it begins to read one more stream; each with what
      reads the event's data.
    - `list_audience(context, account_id, most)`: the streams whose followers see the account come and go, those with
      the fewest readers first, of `most` readers in all.

    A stream ends for an account as the log's other readers have it: by its own removal, or by the stream's deletion.
    """

    optional_host: ClassVar[bool] = True

    name: str
    list_streams: ListStreams
    list_left: ListLeft | None = None
    joins: Mapping[str, FindJoined] = field(default_factory=dict)
    list_audience: ListAudience | None = None
