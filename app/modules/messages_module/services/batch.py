"""Writes one batch of sends in one transaction."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.errors import DRIVER_ERRORS, DatabaseTimeout, TransientDatabaseError, may_have_run
from app.modules.messages_module.db.cruds import insert
from app.modules.messages_module.db.cruds import send as crud
from app.modules.messages_module.db.cruds.insert import NewMessage
from app.modules.messages_module.errors import OutcomeUnknown
from app.modules.messages_module.services import metrics
from app.modules.messages_module.services.known_tails import MAY_SEND, KnownTails
from app.modules.messages_module.services.parts import MessageParts
from app.modules.messages_module.services.plan import Plan, make_plan
from app.modules.messages_module.services.sends import Send, Sent
from app.modules.messages_module.services.views import MessageViews
from app.modules.streams_module.services.log import now
from app.utils.tracing import SpanDetails


@dataclass(slots=True)
class Written:
    """Events that a batch appended to one stream: `message.created` with the numbers after `base`."""

    chat_id: UUID
    base: int
    at: datetime
    events: Sequence[bytes]


class Result(NamedTuple):
    """Result of a batch: what was written, and the chats that were skipped because their stream was locked."""

    written: list[Written]
    skipped: list[UUID]


async def write_batch(
    database: Database,
    parts: MessageParts,
    tails: KnownTails,
    chat_ids: Sequence[UUID],
    batch: list[Send],
    gather: Callable[[Collection[UUID]], Sequence[Send]],
    *,
    put_back: Callable[[Sequence[Send]], None] | None = None,
) -> Result:
    """Writes the waiting sends of the chats, and resolves each send.

    `gather` returns the sends of chats, which are appended to `batch`. With `put_back`, which takes them back, no
    stream is waited for: those that another transaction has locked are skipped. If nothing was committed, it raises the
    database's error and resolves no send.
    """
    async with database.connection() as connection:
        if put_back is not None and all(chat_id in tails for chat_id in chat_ids):
            batch += gather(chat_ids)
            result = await _write_as_known(database, connection, parts, tails, batch)
            if result is not None:
                return result
            put_back(batch)
            batch.clear()
        return await _write_locked(database, connection, parts, tails, chat_ids, batch, gather, wait=put_back is None)


async def _write_as_known(
    database: Database, connection: Connection, parts: MessageParts, tails: KnownTails, batch: list[Send]
) -> Result | None:
    """Writes a batch in one statement, which checks what is known of the chats. Returns None if that does not hold."""
    if not batch:
        return Result([], [])
    at = now()
    plan = tails.plan(parts, batch, at)
    if plan is None:
        return None
    chat_types = {chat_id: tail.chat_type for chat_id, tail in plan.tails.items()}
    try:
        is_written = await insert.insert_if_as_known(connection, plan.messages, at, chat_types, MAY_SEND)
    except DRIVER_ERRORS as error:
        if may_have_run(error):
            tails.forget(plan.tails)
            # The statement may still run there.
            connection.terminate()
            is_stored = await _settle(database, plan, error)
            if isinstance(error, DatabaseTimeout):
                # The sends that wait would wait as long again: the caller refuses them.
                batch.clear()
                raise
            return Result(_by_chat(plan, at) if is_stored else [], [])
        if isinstance(error, TransientDatabaseError) and not isinstance(
            error.__cause__, asyncpg.TransactionRollbackError
        ):
            raise
        # A deadlock, a stricter isolation that the database is set to, or what only the other statements can do.
        is_written = False
    if not is_written:
        tails.doubt(plan.tails.keys())
        return None
    return await _end(connection, parts, tails, plan, at)


async def _write_locked(
    database: Database,
    connection: Connection,
    parts: MessageParts,
    tails: KnownTails,
    chat_ids: Sequence[UUID],
    batch: list[Send],
    gather: Callable[[Collection[UUID]], Sequence[Send]],
    *,
    wait: bool,
) -> Result:
    """Locks the chats' streams, in the order of their ids. Then gathers and writes the sends of chats that are locked
    or do not exist."""
    transaction = connection.transaction(isolation="read_committed")
    await transaction.start()
    try:
        heads = await crud.lock_chat_streams(connection, chat_ids, wait=wait)
        batch += gather(chat_ids if wait else heads)
        at = now()
        plan = await make_plan(connection, parts, heads, batch, at)
        if plan.new:
            await insert.insert_messages(connection, plan.messages, at)
        if plan.parts:
            await parts.store(connection, at, plan.parts)
    except BaseException:
        await _roll_back(transaction)
        raise
    try:
        await transaction.commit()
    except DRIVER_ERRORS as error:
        tails.forget(plan.tails)
        return Result(_by_chat(plan, at) if await _settle(database, plan, error) else [], [])
    result = await _end(connection, parts, tails, plan, at)
    return result._replace(skipped=[] if wait else [chat_id for chat_id in chat_ids if chat_id not in heads])


async def _end(connection: Connection, parts: MessageParts, tails: KnownTails, plan: Plan, at: datetime) -> Result:
    """Resolves the sends of a batch that is committed. Raises nothing: otherwise it would count as not written."""
    written = _by_chat(plan, at)
    tails.remember(plan.tails)
    metrics.SENDS_WRITTEN.inc(len(plan.new))
    metrics.SENDS_REPLAYED.inc(len(plan.existing))
    metrics.SENDS_REFUSED.inc(len(plan.refused))
    for send, message in plan.new:
        send.resolve(Sent(message.event))
    for send, refusal in plan.refused:
        send.resolve(refusal)
    for send, seq in plan.existing:
        send.resolve(await _replay(connection, parts.views, send, seq))
    return Result(written, [])


def span_details(
    database: Database,
    parts: MessageParts,
    tails: KnownTails,
    chat_ids: Sequence[UUID],
    batch: Sequence[Send],
    *_: object,
    **__: object,
) -> SpanDetails:
    """Returns what is known of the span of a batch. It has the arguments of `write_batch`."""
    return SpanDetails({"chats": len(chat_ids), "sends": len(batch)}, causes=batch)


def _by_chat(plan: Plan, at: datetime) -> list[Written]:
    return [
        Written(chat_id, messages[0].event_seq - 1, at, [message.event for message in messages])
        for chat_id, messages in plan.messages.items()
    ]


async def _replay(connection: Connection, views: MessageViews, send: Send, seq: int) -> Sent | Exception:
    """Returns the stored message in its current state, edited or deleted."""
    try:
        return Sent(await views.view_sent(connection, send.chat_id, seq, send.sender_id), replayed=True)
    except Exception as error:  # noqa: BLE001 - the error concerns only this send
        return error


async def _roll_back(transaction: "asyncpg.transaction.Transaction") -> None:
    """Rolls back. A broken connection has rolled back by itself."""
    with suppress(*DRIVER_ERRORS):
        await transaction.rollback()


async def _settle(database: Database, plan: Plan, cause: BaseException) -> bool:
    """Resolves the sends after the connection broke during the commit. Returns True if the messages are stored.

    If they are not, the sends get OutcomeUnknown: a server that has not read the one statement of a batch yet may
    execute it later. After a timeout it does not ask: the server would not answer that query either.
    """
    unknown = OutcomeUnknown()
    unknown.__cause__ = cause
    existing: set[str] = set()
    if not isinstance(cause, DatabaseTimeout):
        with suppress(*DRIVER_ERRORS):
            existing = await _list_stored(database, [message for _, message in plan.new])
    for send, message in plan.new:
        send.resolve(Sent(message.event) if message.id in existing else unknown)
    for send, _ in (*plan.existing, *plan.refused):
        send.resolve(unknown)
    return bool(existing)


async def _list_stored(database: Database, messages: Sequence[NewMessage]) -> set[str]:
    async with database.connection() as connection, connection.transaction():
        # The locks are granted only after a broken transaction that has them has ended.
        await crud.lock_chat_streams(connection, list({message.chat_id for message in messages}), wait=True)
        return await crud.list_stored(connection, messages)
