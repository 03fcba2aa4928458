# Longer than 250 lines: all extension points of messages, to be read in one place.
"""Extension points of messages: parts, views, checks, edits, removals. `Messages` is the service for other modules."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from app.adapters.db.sql import quoted
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.messages_module.db.cruds.checks import write_check
from app.services.context import Context, WorkContext
from app.services.errors import ServiceError
from app.utils.invariants import Invariant
from app.utils.module import Modules


@dataclass(frozen=True, slots=True, eq=False)
class NeedsPrepare:
    """Returned by `derive` if only `prepare`, under the locks, can compute the value.

    `derived` is what `derive` has found out so far. `prepare` receives it as `PartRequest.derived`.
    """

    derived: Any = None


NEEDS_PREPARE: Final = NeedsPrepare()
AS_EMPTY: Final = object()
"""Default of `redacted`: the same as `empty`."""


class Kept(NamedTuple):
    """As `redacted`: a deleted message keeps `of(value)`, which is no content. It is called for stored values only."""

    of: Callable[[Any], Any]


AS_STORED: Final = Kept(lambda value: value)
"""As `redacted`: a deleted message keeps the whole value."""


@dataclass(frozen=True, slots=True)
class PartRequest:
    """A send or an edit for which a part must be prepared.

    `request`: the complete message. Parts that an edit leaves out, or a forward takes along, are as readers get them:
    JSON, a dict for a model. `value`: the part's field in it. `server_value`: given by the server. `current`: the
    stored value, None in a send. `derived`: passed on by NeedsPrepare. `others`: other parts, before their `prepare`.
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
    derived: Any
    others: Mapping[str, Any]


class StoredPart(NamedTuple):
    """A part stored with a message.

    `previous`: the value before an edit, None for a new message. `server_value`: as in PartRequest, None in an edit.
    """

    chat_id: UUID
    seq: int
    sender_id: UUID
    value: Any
    previous: Any
    server_value: Any = None


Derive = Callable[[BaseModel], Any]
Prepare = Callable[[Context, Sequence[PartRequest]], Awaitable[Sequence[Any | ServiceError]]]
Store = Callable[[Context, Sequence[StoredPart]], Awaitable[None]]
Remove = Callable[[Context, UUID, Sequence[int]], Awaitable[None]]
DescribeMessages = Callable[[Context, UUID, Sequence[tuple[UUID, int]]], Awaitable[Mapping[tuple[UUID, int], Any]]]


@dataclass(frozen=True)
class MessagePart:
    """A field of messages that is the same for every viewer. It is stored with the message and written into events.

    - `read`, `create`, `update`: annotations of the field in responses, in POST and in PATCH. Without `create`, only
      the server sets the value. A request may be validated again from its own JSON (`model_dump(mode="json")`):
      `create` then returns the same value.
    - `empty`: value of a message without the part; it is not stored. `redacted`: value of a deleted message, or Kept.
    - `replaces_text`: a message with this part may have no text. `forbids_edits`: it cannot be edited.
    - `derive(request)`: returns the value, NEEDS_PREPARE or NeedsPrepare(derived), before any lock. For a part that
      clients may send only if they do. `request`: as in PartRequest.
    - `prepare(context, requests)`: returns values or refusals. It runs once per batch, under the locks, before numbers
      are assigned. New messages in which the value is empty are left out.
    - `store(context, stored)`: writes the module's own rows in the message's transaction. It gets the parts of new
      messages that are not empty, and those that an edit has changed.
    - `remove(context, chat_id, seqs)`: runs in the transaction that deletes messages.
    - `forwarded`: a forward takes this part along. It gets the value of the source as its `server_value`.
    - `refuses`, `refuses_forward`: the errors of `prepare` for a send and for a forward, for the OpenAPI document.
    - `author(value)`, `hides_text(value)`, `shown_text(value, text)`: how a message with this part is shown in one line
      outside of clients, as a notification or a mail does. `author` returns the name in place of the sender's, None for
      the sender's. `hides_text` returns True if the text must not be shown there. `shown_text` returns the text without
      what readers do not see. `line_of` of `services/lines.py` calls them.

    Without `derive` and `prepare`, the value is stored as it was sent. A value that the server gives with a send
    (`server_value`) is not derived: it is stored as given, or as `prepare` returns it. Without such a value and without
    `derive`, a part that clients cannot send takes no part in sends. Models, times and ids are stored as JSON.
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
    forwarded: bool = False
    forbids_edits: bool = False
    refuses: tuple[type[ServiceError], ...] = ()
    refuses_forward: tuple[type[ServiceError], ...] = ()
    author: Callable[[Any], str | None] | None = None
    hides_text: Callable[[Any], bool] | None = None
    shown_text: Callable[[Any, str], str] | None = None

    @property
    def of_tombstone(self) -> Any:
        return self.empty if self.redacted is AS_EMPTY or self.is_kept else self.redacted

    @property
    def is_kept(self) -> bool:
        """Returns True if deleted messages keep the value, or some of it."""
        return isinstance(self.redacted, Kept)


@dataclass(frozen=True)
class MessageView:
    """A field of messages read over REST, which events and responses to sends do not have. It may depend on the viewer.

    Either `describe(context, viewer_id, messages)`, called once per page, or `sql`: an expression of the type json over
    the message `m` and the viewer `$2`. `empty` is shown where `describe` leaves a message out, or `sql` is NULL.

    `numbers`: for a view that few messages have, a query for the numbers, as `seq`, of those in the chat `$1`. A page
    of the history reads it once, and evaluates `sql` only for these messages.
    """

    name: str
    read: Any
    empty: Any = None
    describe: DescribeMessages | None = None
    sql: str | None = None
    numbers: str | None = None

    def __post_init__(self) -> None:
        if (self.describe is None) == (self.sql is None):
            raise ValueError(f"the view {self.name!r} of messages has either `describe` or `sql`")
        if self.numbers is not None and self.sql is None:
            raise ValueError(f"the view {self.name!r} of messages has `numbers` without `sql`")


@dataclass(frozen=True, slots=True)
class CheckedSend:
    """A send or an edit in a chat for which the check is enabled. `request`: as in PartRequest."""

    chat_id: UUID
    sender_id: UUID
    role: str
    request: BaseModel


@dataclass(frozen=True)
class MessageRemoval:
    """Removes what a module stores about messages, without a field of messages.

    `remove(context, chat_id, seqs)` runs in the transaction that deletes the messages, under the lock of their chat,
    after their `message.deleted` events. It may append events, and may lock account streams.
    """

    name: str
    remove: Callable[[WorkContext, UUID, Sequence[int]], Awaitable[None]]


def removing_rows(table: str) -> Remove:
    """Returns the `remove` that deletes the rows of messages from a table with `chat_id` and `seq`."""
    statement = " ".join(["DELETE FROM", quoted(table), "WHERE chat_id = $1 AND seq = ANY($2)"])

    async def remove(context: Context, chat_id: UUID, seqs: Sequence[int]) -> None:
        await context.connection.execute(statement, chat_id, list(seqs))

    return remove


def only_of_messages(table: str, *, says: str, fix: str) -> Invariant:
    """Returns the invariant that a table with `chat_id` and `seq` has rows only of messages that exist.

    `says`: what these messages are or have. `fix`: what is done about the rows of others.
    """
    kept = "SELECT FROM message m WHERE m.chat_id = x.chat_id AND m.seq = x.seq AND m.deleted_at IS NULL"
    rows = "SELECT x.chat_id AS stream_id, format('message %s', x.seq) AS detail FROM"
    chats = "JOIN chat c ON c.id = x.chat_id AND (c.deleted_at IS NULL OR c.purged_at IS NOT NULL)"
    return Invariant(
        says=f"only messages that exist {says}",
        find=" ".join([rows, quoted(table), "x", chats, "WHERE NOT EXISTS (", kept, ")"]),
        advice=f"messages or chats were deleted while the module was disabled; --fix {fix}",
        fix=(" ".join(["DELETE FROM", quoted(table), "x WHERE x.chat_id = ANY($1) AND NOT EXISTS (", kept, ")"]),),
    )


@dataclass(frozen=True)
class UnsentMessages:
    """Messages that are sent later. What their parts name must exist until then, also while their module is disabled.

    `list_values(context, part, sender_ids)`: returns a part of those messages of these accounts that have it. It needs
    only the connection of the context, since the services of a disabled module are not there.
    """

    name: str
    list_values: Callable[[Context, str, Sequence[UUID]], Awaitable[Sequence[Any]]]


class EditedMessage(NamedTuple):
    """A message before an edit. `written_at`: when it was sent or last edited. `new_text` may be the same as `text`."""

    chat_id: UUID
    seq: int
    sender_id: UUID
    text: str
    written_at: datetime
    new_text: str


@dataclass(frozen=True)
class MessageEdit:
    """Keeps what an edit replaces: `keep(context, message)` runs in its transaction, under the lock of the chat."""

    name: str
    keep: Callable[[WorkContext, EditedMessage], Awaitable[None]]


@dataclass(frozen=True)
class SendCheck:
    """A check that may refuse sends and edits. It costs nothing in chats for which `set_check` has not enabled it.

    - `check(context, sends)` returns a refusal or None for each. It runs once per batch, under the locks, for new
      messages of members that may post.
    - `check_mark(context, chat_id, account_id)` returns a refusal or None for a member that is typing, or marks a
      message: adds a reaction, pins it, or unpins what another member has pinned. One's own mark may be taken back.
    """

    name: str
    check: Callable[[Context, Sequence[CheckedSend]], Awaitable[Sequence[ServiceError | None]]]
    check_mark: Callable[[Context, UUID, UUID], Awaitable[ServiceError | None]] | None = None


async def set_check(work: UnitOfWork, chat_id: UUID, name: str, on: bool) -> None:
    """Enables or disables a check for one chat."""
    await write_check(await work.raw(), chat_id, name, is_on=on)


EVERYONE: Final = UUID(int=0)
"""In place of an account: all members of the chat."""


@dataclass(frozen=True)
class Mentions:
    """Knows which accounts messages address: `find(context, chat_id, seqs)` returns them by the number of the message.

    EVERYONE is one of them if a message addresses all members. The sender, and former members, may be among them.
    """

    name: str
    find: Callable[[Context, UUID, Sequence[int]], Awaitable[Mapping[int, Collection[UUID]]]]


async def find_mentions(context: Context, chat_id: UUID, seqs: Sequence[int]) -> dict[int, set[UUID]]:
    """Returns the accounts that each of the messages addresses, as all modules together know them."""
    found: dict[int, set[UUID]] = {seq: set() for seq in seqs}
    for mentions in context.container.get(Modules).contributions(Mentions):
        for seq, account_ids in (await mentions.find(context, chat_id, seqs)).items():
            found[seq].update(account_ids)
    return found


class Messages(ABC):
    """The service of messages for other modules, in the container."""

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
        """Sends a MessageCreate for an account that may post in the chat. Returns after the message is durable.

        `server_parts`: values of parts. `digest_source`: compared on a retry instead of the body. `at`: `created_at`.
        """

    @abstractmethod
    async def erase(
        self, work: UnitOfWork, chat_id: UUID, seqs: Sequence[int], *, reason: str, actor_id: UUID | None = None
    ) -> None:
        """Deletes messages of any sender under the lock of a chat that is not deleted. Appends `message.deleted`."""

    @abstractmethod
    async def check_mark(self, work: UnitOfWork, chat_id: UUID, account_id: UUID) -> None:
        """Raises the refusal if a check of the chat refuses marks by the account. The caller holds the chat's lock."""

    @abstractmethod
    async def set_part(self, work: UnitOfWork, chat_id: UUID, seq: int, name: str, value: Any) -> None:
        """Sets one part of a message under the lock of its chat. Appends `message.updated`."""
