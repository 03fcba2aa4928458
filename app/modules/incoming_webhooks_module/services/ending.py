"""Ends incoming webhooks whose creator has left the chat, those of erased accounts, and those of deleted chats."""

from collections.abc import Sequence
from uuid import UUID

from app.modules.accounts_module.extension import AccountHook, Erasure
from app.modules.chats_module.extension import ChatPurge
from app.modules.incoming_webhooks_module import db
from app.modules.incoming_webhooks_module.services.hooks import deleted
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext
from app.modules.streams_module.services.log import Log
from app.resources.constants import MAX_BIGINT
from app.services.context import WorkContext


async def _end(context: WorkContext, chat_id: UUID, account_id: UUID, left_seq: int) -> None:
    """Ends the webhooks of a membership. The caller holds the lock of the chat. A deleted chat gets no more events."""
    ended = await db.delete_of_member(context.connection, chat_id, account_id, left_seq)
    if ended:
        events = [deleted(chat_id, hook_id, None) for hook_id in ended]
        await context.container.get(Log).append(context.work, chat_id, *events)


async def _leave(context: SubscriberContext, events: Sequence[Event]) -> None:
    """Few of those who leave have created webhooks: a chat is locked only if there are some."""
    gone = [(event.stream_id, UUID(event.data["account_id"]), event.seq) for event in events]
    chats = await db.list_with_any(context.connection, [(chat_id, account_id) for chat_id, account_id, _ in gone])
    if not chats:
        return
    await context.container.get(Log).lock(context.work, chats=sorted(chats))
    for chat_id, account_id, left_seq in gone:
        if chat_id in chats:
            await _end(context, chat_id, account_id, left_seq)


async def _erase(context: WorkContext, account_id: UUID, _: Erasure, __: int) -> bool:
    """Works on one chat at a time, which has few webhooks."""
    chat_id = await db.find_chat_with(context.connection, account_id)
    if chat_id is None:
        return False
    await context.container.get(Log).lock(context.work, chats=[chat_id])
    await _end(context, chat_id, account_id, MAX_BIGINT)
    return True


LEAVE = Subscriber("incoming_webhooks", ("member.removed",), _leave, across_streams=True)
PURGE = ChatPurge.of_rows("incoming_webhooks", db.PURGE)
HOOKS_OF_ACCOUNT = AccountHook("incoming_webhooks", _erase)
