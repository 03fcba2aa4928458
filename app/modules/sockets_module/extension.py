"""Extension points of the WebSocket: requests, signals, and the streams that it carries.

A contributing module need not depend on the sockets module. Without it, the contributions are ignored.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple, Protocol
from uuid import UUID

from pydantic import BaseModel

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.dependencies.scopes import Scope
from app.services.context import Context
from app.services.errors import ServiceError
from app.utils.container import Container
from app.utils.module import Modules


@dataclass(frozen=True, slots=True)
class SocketContext:
    """Context of a request over a socket. It holds no database connection.

    - `account_id`, `session_id`: the caller.
    - `container`: settings groups and services, by type.
    - `find_refusal()`: returns the reason not to execute the request any more (its session has ended), else None.
    - `following(stream_id)`: returns True if the socket follows the stream, as far as this process knows now.
    - `signal(kind, data, stream_id)`: sends a declared signal to the live followers of a stream, on all processes.
    - `granted`: what the action's permission returned.
    """

    account_id: UUID
    session_id: UUID
    container: Container
    find_refusal: Callable[[], ServiceError | None]
    following: Callable[[UUID], bool]
    signal: Callable[[str, Mapping[str, Any] | BaseModel, UUID], None]
    granted: Any = None

    @property
    def at(self) -> datetime:
        """The current time in UTC."""
        return datetime.now(UTC)

    def unit_of_work(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Opens a unit of work that commits at the end of the block and rolls back if it raises."""
        return open_unit_of_work(self.container.get(Database))


class SocketPermission(Protocol):
    """A permission that an action requires, such as a Permission of chats."""

    @property
    def scope(self) -> Scope | None:
        """What an API key needs for it."""

    async def check(self, connection: Connection, account_id: UUID, value: Any, /) -> Any:
        """Returns a value for `granted` of the context. Raises ServiceError if the account lacks the permission."""


Model = type[BaseModel] | Callable[[Modules], type[BaseModel]]
Done = Callable[[bytes | Exception], None]
Handle = Callable[[SocketContext, Any], Awaitable[BaseModel | None]]
Begin = Callable[[SocketContext, Any, Done], None]


@dataclass(frozen=True)
class SocketAction:
    """A request that clients may send over the socket: `{"id", "action": name, "data"}`.

    - `data`, `reply`: models of the request's data and of the reply's. Without `reply` it is `{}`. Each may be a
      function that returns the model for the modules of one application.
    - `handle(context, data)`: executes the request in a task of its own, and returns the reply or None. What it raises
      becomes the error of the reply. The first lines of its docstring are the summary in the AsyncAPI document.
    - `begin(context, data, done)`: instead of `handle`, for very frequent requests. It runs without a task and must not
      block. It raises, or calls `done` once with the reply's data as JSON or with an error.
    - `ordered_by`: a field of the data. Requests of one socket with the same value are executed in the order sent,
      across actions. Requests with `begin` may overlap, and must keep their order themselves.
    - `permission`: checked with the value of `ordered_by`, before `handle`.
    - `scope`: what an API key needs; without it, the scope of the permission. An action with neither is closed to keys.
    """

    optional_host: ClassVar[bool] = True

    name: str
    data: Model
    reply: Model | None = None
    handle: Handle | None = None
    begin: Begin | None = None
    ordered_by: str | None = None
    permission: SocketPermission | None = None
    scope: Scope | None = None

    def __post_init__(self) -> None:
        if (self.handle is None) == (self.begin is None):
            raise ValueError(f"the socket action {self.name!r} has either `handle` or `begin`")
        if self.permission is not None and (self.handle is None or self.ordered_by is None):
            raise ValueError(f"the permission of the socket action {self.name!r} needs `handle` and `ordered_by`")


@dataclass(frozen=True)
class Signal:
    """A live message to the followers of a stream that is not stored, such as typing.

    `data`: model of its data. If it has an `account_id`, that is the account that the signal is about, which does not
    get it. `@scoped` on the model says which API keys get it, as for an event. A signal of more than 1,000 bytes of
    JSON is dropped. A signal of an undeclared kind never reaches a client.
    """

    optional_host: ClassVar[bool] = True

    kind: str
    data: type[BaseModel]


class ReadableStream(NamedTuple):
    """A stream that an account may read now.

    - `first_seq`, `last_seq`: numbers of its first and last event.
    - `joined_seq`: number of the event at which the account began to read it; 0 for all of it.
    - `account_seq`: number of the event in the account's own stream that announced it.
    """

    stream_id: UUID
    first_seq: int
    last_seq: int
    joined_seq: int = 0
    account_seq: int = 0


class LeftStream(NamedTuple):
    """A stream that an account has left. It may still read the events from `first_seq` up to `left_seq`."""

    stream_id: UUID
    first_seq: int
    left_seq: int


class Joined(NamedTuple):
    """The content of a joining event in an account's own stream: the stream, and its event from which it is read."""

    stream_id: UUID
    joined_seq: int


ListStreams = Callable[[Context, UUID], Awaitable[Sequence[ReadableStream]]]
ListLeft = Callable[[Context, UUID, Sequence[UUID]], Awaitable[Sequence[LeftStream]]]
ListAudience = Callable[[Context, UUID, int], Awaitable[Sequence[UUID]]]
FindJoined = Callable[[Mapping[str, object]], Joined]


@dataclass(frozen=True)
class StreamSource:
    """Streams that accounts may read besides their own, which the socket always follows.

    - `list_streams(context, account_id)`: returns the streams that the account may read now, as of one moment.
    - `list_left(context, account_id, stream_ids)`: returns those of these streams that the account has left.
    - `joins`: kinds of events in an account's own stream by which it begins to read another stream. Each has a function
      that reads the event's data.
    - `list_audience(context, account_id, most)`: returns the streams whose followers are notified of the account's
      presence: those with the fewest readers first, with at most `most` readers in all, and none that only the account
      reads.

    For an account, a stream ends as for the log's other readers: by its own removal, or by the stream's deletion.
    """

    optional_host: ClassVar[bool] = True

    name: str
    list_streams: ListStreams
    list_left: ListLeft | None = None
    joins: Mapping[str, FindJoined] = field(default_factory=dict)
    list_audience: ListAudience | None = None
