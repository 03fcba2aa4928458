"""What other modules may add to messages."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.messages_module.db.cruds.checks import write_check
from app.services.context import Context
from app.services.errors import ServiceError


class _NeedsPrepare:
    """The only value of its kind."""

    def __repr__(self) -> str:
        return "NEEDS_PREPARE"


NEEDS_PREPARE: Final = _NeedsPrepare()
"""Returned by `derive` where only `prepare`, under the locks, can tell the value."""
AS_EMPTY: Final = _NeedsPrepare()
"""Default of `redacted`: the same as `empty`."""


@dataclass(frozen=True, slots=True)
class PartRequest:
    """A send or an edit for which a part has to be prepared.

    `request` is the body; `value` what it gives for the part; `server_value` what the server itself gives; `current`
    the value that is stored, None for a new message.
    """

    chat_id: UUID
    chat_type: str
    sender_id: UUID
    role: str
    last_seq: int
    request: BaseModel
    value: Any
    server_value: Any
    current: Any


class StoredPart(NamedTuple):
    """A part that was stored with a message; `previous` is the value before an edit, None for a new message."""

    chat_id: UUID
    seq: int
    sender_id: UUID
    value: Any
    previous: Any


Derive = Callable[[BaseModel], Any]
Prepare = Callable[[Context, Sequence[PartRequest]], Awaitable[Sequence[Any | ServiceError]]]
Store = Callable[[Context, Sequence[StoredPart]], Awaitable[None]]
Remove = Callable[[Context, UUID, Sequence[int]], Awaitable[None]]
DescribeMessages = Callable[[Context, UUID, Sequence[tuple[UUID, int]]], Awaitable[Mapping[tuple[UUID, int], Any]]]


@dataclass(frozen=True)
class MessagePart:
    """A field of a message that is the same for every viewer; it is stored with the message and written into events.

    - `read`, `create`, `update`: annotations of the field in answers, in POST and in PATCH; without `create` the server
      alone gives the value.
    - `empty`: the value of a message that has none; it is not stored. `redacted`: what a tombstone shows.
    - `replaces_text`: with this part, `text` may be missing.
    - `derive(request)`: the value, or NEEDS_PREPARE. It runs when the send is queued, before any lock.
    - `prepare(context, requests)`: values or refusals, once a batch, under the locks, before numbers are given.
    - `store(context, stored)`: writes the module's own rows, in the message's transaction.
    - `remove(context, chat_id, seqs)`: in the transaction of a deletion.

    Without `derive` and `prepare` the value is stored as it was given.
    """

    name: str
    read: Any
    create: Any = None
    update: Any = None
    empty: Any = None
    redacted: Any = AS_EMPTY
    replaces_text: bool = False
    derive: Derive | None = None
    prepare: Prepare | None = None
    store: Store | None = None
    remove: Remove | None = None

    @property
    def of_tombstone(self) -> Any:
        return self.empty if self.redacted is AS_EMPTY else self.redacted


@dataclass(frozen=True)
class MessageView:
    """A field of messages that are read over REST. It may depend on the viewer.

    No event has it, nor the answer to a send.

    Either `describe(context, viewer_id, messages)`, once a page, or `sql`: an expression of the type json over the
    message `m` and the viewer `$2`.
    """

    name: str
    read: Any
    empty: Any = None
    describe: DescribeMessages | None = None
    sql: str | None = None


@dataclass(frozen=True, slots=True)
class CheckedSend:
    """A send, or an edit, in a chat for which a check is switched on."""

    chat_id: UUID
    sender_id: UUID
    role: str
    request: BaseModel


Check = Callable[[Context, Sequence[CheckedSend]], Awaitable[Sequence[ServiceError | None]]]


@dataclass(frozen=True)
class SendCheck:
    """May refuse sends and edits, in the chats for which `set_check` has switched it on; others do not pay for it.

    `check(context, sends)` returns a refusal or None for each. It runs once a batch, under the locks, for sends of
    members that may post and that are no repetitions.
    """

    name: str
    check: Check


async def set_check(work: UnitOfWork, chat_id: UUID, name: str, on: bool) -> None:
    """Switches a check on or off for one chat."""
    await write_check(await work.raw(), chat_id, name, is_on=on)


class Messages(ABC):
    """The service of messages, in the container: what the server itself does with them."""

    @abstractmethod
    async def post(
        self,
        chat_id: UUID,
        sender_id: UUID,
        request: BaseModel,
        *,
        server_parts: Mapping[str, Any] | None = None,
        digest_source: bytes | None = None,
        at: datetime | None = None,
    ) -> Any:
        """Sends a MessageCreate for an account that may post there; returns it when it is durable.

        `server_parts` are values of parts; `digest_source` is compared on a retry in place of the body; `at` is
        the message's `created_at` where it is not now, as for an import.
        """

    @abstractmethod
    async def erase(
        self, work: UnitOfWork, chat_id: UUID, seqs: Sequence[int], *, reason: str, actor_id: UUID | None = None
    ) -> None:
        """Deletes messages of any sender, under the lock of their chat: event `message.deleted` for each."""

    @abstractmethod
    async def set_part(self, work: UnitOfWork, chat_id: UUID, seq: int, name: str, value: Any) -> None:
        """Sets one part of a message, under the lock of its chat: event `message.updated`."""
