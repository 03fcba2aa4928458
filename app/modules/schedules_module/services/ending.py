"""Deletes scheduled messages whose author has left the chat, those of deleted chats, and those of erased accounts."""

from collections.abc import Sequence
from uuid import UUID

from app.modules.accounts_module.extension import AccountHook, Erasure
from app.modules.chats_module.errors import ChatNotFound
from app.modules.chats_module.extension import ChatPurge
from app.modules.jobs_module.extension import Jobs
from app.modules.schedules_module import db
from app.modules.schedules_module.services.sending import SEND, failed
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext
from app.modules.streams_module.services.log import Log
from app.resources.constants import MAX_BIGINT
from app.services.context import WorkContext

_ACCOUNTS_AT_ONCE = 20


async def _end(context: WorkContext, chat_id: UUID, account_id: UUID, left_seq: int) -> None:
    """Ends the messages of a membership. The caller holds the lock of the account's stream."""
    log, jobs = context.container.get(Log), context.container.get(Jobs)
    rows = await db.delete_of_member(context.connection, chat_id, account_id, left_seq)
    for row in rows:
        await jobs.cancel(context.work, SEND, str(row["id"]), account_id)
    if rows:
        refusal = ChatNotFound()
        await log.append(context.work, account_id, *(failed(row, refusal) for row in rows))


async def _leave(context: SubscriberContext, events: Sequence[Event]) -> None:
    """The messages of a member who left fail at once. Its author learns of it while the text is still remembered."""
    account_id = context.stream_id
    await context.container.get(Log).lock(context.work, accounts=[account_id])
    for event in events:
        await _end(context, UUID(event.data["chat_id"]), account_id, event.data["event_seq"])


async def _purge(context: WorkContext, chat_id: UUID, limit: int) -> bool:
    """Ends what the subscriber has not ended yet."""
    account_ids = await db.list_accounts(context.connection, chat_id, _ACCOUNTS_AT_ONCE)
    if account_ids:
        await context.container.get(Log).lock(context.work, accounts=account_ids)
    for account_id in account_ids:
        await _end(context, chat_id, account_id, MAX_BIGINT)
    return bool(account_ids)


async def _erase(context: WorkContext, account_id: UUID, _: Erasure, limit: int) -> bool:
    deleted = await db.delete_of_account(context.connection, account_id, limit)
    for scheduled_id in deleted:
        await context.container.get(Jobs).cancel(context.work, SEND, str(scheduled_id), account_id)
    return bool(deleted)


LEAVE = Subscriber("schedules", ("chat.left",), _leave)
PURGE = ChatPurge("schedules", _purge)
SCHEDULES_OF_ACCOUNT = AccountHook("schedules", _erase)
