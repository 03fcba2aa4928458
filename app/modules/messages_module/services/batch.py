"""One batch of sends to one chat, in one transaction: the batch writer commits what the unit of work does not."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID, uuid4

import asyncpg

from app.adapters.db.database import Database
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.chats_module.services.access import may_post
from app.modules.messages_module.db.cruds import send as crud
from app.modules.messages_module.db.cruds.send import NewMessage
from app.modules.messages_module.errors import IdempotencyMismatch, OutcomeUnknown
from app.modules.messages_module.services.views import dump, view_message
from app.modules.streams_module.services.log import now
from app.services.errors import ServiceError, ValidationFailed
from app.utils import metrics


def digest_of(text: str, reply_to_seq: int | None) -> bytes:
    """What a retry is compared with."""
    return blake2b(f"{reply_to_seq}\0{text}".encode(), digest_size=16).digest()


MAX_BATCH = 100


class Sent(NamedTuple):
    """The message as JSON, and whether it stood already."""

    body: bytes
    replayed: bool


class Written(NamedTuple):
    """What a batch has added to its stream: `message.created` events with the numbers after `base`."""

    base: int
    events: list[str]
    at: datetime


@dataclass(slots=True, eq=False)
class Send:
    """One wanted message, and the promise of its outcome."""

    sender_id: UUID
    client_msg_id: UUID | None
    text: str
    reply_to_seq: int | None
    outcome: asyncio.Future[Sent]
    digest: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.digest = digest_of(self.text, self.reply_to_seq)

    def resolve(self, result: Sent | BaseException) -> None:
        """Tells the caller, if it still waits."""
        if self.outcome.done():
            return
        if isinstance(result, BaseException):
            self.outcome.set_exception(result)
        else:
            self.outcome.set_result(result)


@dataclass(slots=True)
class _Plan:
    """What becomes of each send: written, refused, or found to stand already."""

    new: list[tuple[Send, NewMessage]] = field(default_factory=list)
    refused: list[tuple[Send, ServiceError]] = field(default_factory=list)
    standing: list[tuple[Send, int]] = field(default_factory=list)


async def write_batch(
    database: Database, chat_id: UUID, batch: list[Send], late: Callable[[int], Sequence[Send]]
) -> Written | None:
    """Writes the batch and resolves each send; what was written, None where that is nothing.

    `late` gives what has come until the chat's turn was there, so many at the most; it becomes a part of `batch`.
    Raises what the database raises, with no send resolved, as long as nothing was committed.
    """
    async with database.connection() as connection:
        transaction = connection.transaction(isolation="read_committed")
        await transaction.start()
        try:
            head = await crud.lock_chat_stream(connection, chat_id)
            batch += late(MAX_BATCH - len(batch))
            at = now()
            plan = await _plan(connection, chat_id, batch, at) if head is not None else _refuse_all(batch)
            messages = [message for _, message in plan.new]
            written: Written | None = None
            if messages and head is not None:
                await crud.insert_messages(connection, chat_id, messages, event_base=head, at=at)
                written = Written(head, [message.event for message in messages], at)
        except BaseException:
            await _roll_back(transaction)
            raise
        try:
            await transaction.commit()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            return written if await _settle(database, chat_id, plan, error) else None
        # Durable from here on: nothing may raise any more, or the batch would be taken for unwritten.
        metrics.SENDS_WRITTEN.inc(len(plan.new))
        metrics.SENDS_REPLAYED.inc(len(plan.standing))
        metrics.SENDS_REFUSED.inc(len(plan.refused))
        for send, message in plan.new:
            send.resolve(Sent(message.event.encode(), replayed=False))
        for send, refusal in plan.refused:
            send.resolve(refusal)
        for send, seq in plan.standing:
            send.resolve(await _replay(connection, chat_id, send, seq))
    return written


async def _replay(
    connection: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]", chat_id: UUID, send: Send, seq: int
) -> Sent | BaseException:
    """The message as it stands now, edited or deleted."""
    try:
        return Sent(await view_message(connection, send.sender_id, chat_id, seq), replayed=True)
    except Exception as error:  # noqa: BLE001 - it is this send's outcome, and no other's
        return error


async def _plan(
    connection: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]", chat_id: UUID, batch: Sequence[Send], at: datetime
) -> _Plan:
    rows = await crud.look_up(
        connection, chat_id, [send.sender_id for send in batch], [send.client_msg_id for send in batch]
    )
    if not rows:
        return _refuse_all(batch)
    plan = _Plan()
    seq = rows[0]["last_seq"]
    first_of: dict[tuple[UUID, UUID], tuple[int, bytes]] = {}
    for send, row in zip(batch, rows, strict=True):
        key = (send.sender_id, send.client_msg_id) if send.client_msg_id else None
        known = (row["old_seq"], row["old_digest"]) if row["old_seq"] else first_of.get(key) if key else None
        if refusal := _refuse(send, row["type"], row["role"], known, seq):
            plan.refused.append((send, refusal))
        elif known:
            plan.standing.append((send, known[0]))
        else:
            seq += 1
            plan.new.append((send, _number(send, chat_id, seq, at)))
            if key:
                first_of[key] = (seq, send.digest)
    return plan


def _refuse(
    send: Send, chat_type: str, role: str | None, known: tuple[int, bytes] | None, last_seq: int
) -> ServiceError | None:
    if role is None:
        return ChatNotFound()
    if known:
        # What stands was allowed when it was sent.
        return None if known[1] == send.digest else IdempotencyMismatch()
    if not may_post(chat_type, role):
        return NotAllowedInChat()
    if send.reply_to_seq is not None and not 1 <= send.reply_to_seq <= last_seq:
        return ValidationFailed(("body", "reply_to_seq"), "there is no message with this number")
    return None


def _number(send: Send, chat_id: UUID, seq: int, at: datetime) -> NewMessage:
    message_id = uuid4()
    event = dump(
        {
            "id": message_id,
            "chat_id": chat_id,
            "seq": seq,
            "client_msg_id": send.client_msg_id,
            "sender_id": send.sender_id,
            "type": "text",
            "text": send.text,
            "reply_to_seq": send.reply_to_seq,
            "created_at": at,
            "edited_at": None,
            "deleted_at": None,
            "reactions": [],
        }
    ).decode()
    return NewMessage(
        message_id, seq, send.client_msg_id, send.sender_id, send.text, send.reply_to_seq, send.digest, event
    )


def _refuse_all(batch: Sequence[Send]) -> _Plan:
    return _Plan(refused=[(send, ChatNotFound()) for send in batch])


async def _roll_back(transaction: "asyncpg.transaction.Transaction") -> None:
    """A connection that is gone has rolled back by itself."""
    try:
        await transaction.rollback()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return


async def _settle(database: Database, chat_id: UUID, plan: _Plan, cause: BaseException) -> bool:
    """The connection broke during COMMIT: looks whether the messages stand, and says so where that cannot be known.

    Whether they do.
    """
    unknown = OutcomeUnknown()
    unknown.__cause__ = cause
    standing: set[UUID] = set()
    try:
        async with database.connection() as connection, connection.transaction():
            # The lock is granted only once the broken transaction has ended, one way or the other.
            await crud.lock_chat_stream(connection, chat_id)
            standing = await crud.list_standing(connection, chat_id, [message for _, message in plan.new])
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        standing = set()
    for send, message in plan.new:
        send.resolve(Sent(message.event.encode(), replayed=False) if message.id in standing else unknown)
    for send in _others(plan):
        send.resolve(unknown)
    return bool(standing)


def _others(plan: _Plan) -> Iterator[Send]:
    yield from (send for send, _ in plan.standing)
    yield from (send for send, _ in plan.refused)
