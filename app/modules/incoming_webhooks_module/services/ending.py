"""Ends incoming webhooks: of creators who leave or are erased, of strangers, of ended keys, and of deleted chats."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import AccountHook, Erasure, OwnerHook
from app.modules.accounts_module.services.created_by_keys import are_keys_known, find_ended
from app.modules.chats_module.extension import ChatPurge
from app.modules.incoming_webhooks_module import db
from app.modules.incoming_webhooks_module.services.hooks import deleted
from app.modules.jobs_module.extension import Job, JobContext, Jobs, Nothing, Schedule
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext
from app.modules.streams_module.services.log import Log
from app.resources.constants import MAX_BIGINT
from app.services.context import Context, WorkContext

_AT_ONCE = 200


class Earlier(BaseModel):
    """The webhooks that were created in the name of an account before a time."""

    account_id: UUID
    before: datetime


async def _end(
    work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID, left_seq: int, before: datetime | None = None
) -> None:
    """Ends webhooks of an account. The caller holds the lock of the chat."""
    ended = await db.delete_of_member(await work.raw(), chat_id, account_id, left_seq, before)
    await _write_events(work, log, chat_id, ended)


async def _write_events(work: UnitOfWork, log: Log, chat_id: UUID, ended: Sequence[UUID]) -> None:
    if ended:
        await log.append(work, chat_id, *(deleted(chat_id, hook_id, None) for hook_id in ended))


async def _end_in_one_chat(work: UnitOfWork, log: Log, account_id: UUID, before: datetime | None = None) -> bool:
    """Ends the webhooks of an account in one of its chats, which has few. Returns False if there are none."""
    chat_id = await db.find_chat_with(await work.raw(), account_id, before)
    if chat_id is None:
        return False
    await log.lock(work, chats=[chat_id])
    await _end(work, log, chat_id, account_id, MAX_BIGINT, before)
    return True


async def _leave(context: SubscriberContext, events: Sequence[Event]) -> None:
    """Few of those who leave have created webhooks: a chat is locked only if there are some."""
    gone = [(event.stream_id, UUID(event.data["account_id"]), event.seq) for event in events]
    chats = await db.list_with_any(context.connection, [(chat_id, account_id) for chat_id, account_id, _ in gone])
    if not chats:
        return
    log = context.container.get(Log)
    await log.lock(context.work, chats=sorted(chats))
    for chat_id, account_id, left_seq in gone:
        if chat_id in chats:
            await _end(context.work, log, chat_id, account_id, left_seq)


async def _erase(context: WorkContext, account_id: UUID, _: Erasure, __: int) -> bool:
    return await _end_in_one_chat(context.work, context.container.get(Log), account_id)


async def _end_earlier_soon(context: WorkContext, account_id: UUID, before: datetime | None) -> None:
    """Another person may have created them. A job locks the chats: here the account's stream is locked already."""
    earlier = Earlier(account_id=account_id, before=before or context.at)
    await context.container.get(Jobs).enqueue(context.work, END_EARLIER, earlier)


async def _end_earlier(context: JobContext, earlier: Earlier) -> None:
    has_more = True
    while has_more:
        async with context.unit_of_work() as work:
            log = context.container.get(Log)
            has_more = await _end_in_one_chat(work, log, earlier.account_id, earlier.before)


async def _end_of_keys(context: JobContext, _: Nothing) -> None:
    """Ends the webhooks of API keys that are not valid any more. While no module knows keys, none is ended."""
    if not are_keys_known(context.container):
        return
    after, found = (UUID(int=0), UUID(int=0)), _AT_ONCE
    while found == _AT_ONCE:
        async with context.unit_of_work() as work:
            raw = await work.raw()
            rows = await db.list_of_keys(raw, after, _AT_ONCE)
            ended = await find_ended(Context(raw, context.container, context.at), rows)
        for chat_id in sorted({row["chat_id"] for row in rows if row["token_id"] in ended}):
            async with context.unit_of_work() as work:
                log = context.container.get(Log)
                await log.lock(work, chats=[chat_id])
                await _write_events(work, log, chat_id, await db.delete_of_keys(await work.raw(), chat_id, ended))
        found = len(rows)
        after = (rows[-1]["chat_id"], rows[-1]["id"]) if rows else after


LEAVE = Subscriber("incoming_webhooks", ("member.removed",), _leave, across_streams=True)
PURGE = ChatPurge.of_rows("incoming_webhooks", db.PURGE)
HOOKS_OF_ACCOUNT = AccountHook("incoming_webhooks", _erase)
END_OF_KEYS = Job("incoming_webhooks.end_of_keys", Nothing, _end_of_keys)
END_OF_KEYS_HOURLY = Schedule(END_OF_KEYS, timedelta(hours=1))
END_EARLIER = Job("incoming_webhooks.end_earlier", Earlier, _end_earlier)
NEW_OWNER = OwnerHook("incoming_webhooks", _end_earlier_soon)
