"""Pauses webhooks, and deletes them and their cursors: also with their keys, their accounts and their chats."""

from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import AccountHook, Erasure
from app.modules.chats_module.extension import ChatPurge
from app.modules.streams_module.services.log import Log, event, now
from app.modules.webhooks_module.db import coverage, cursors, deliveries, webhooks
from app.modules.webhooks_module.db.deliveries import Attempt
from app.services.context import WorkContext
from app.utils.container import Container


async def pause(
    work: UnitOfWork,
    container: Container,
    account_id: UUID,
    webhook_id: UUID,
    reason: str,
    attempt: Attempt | None = None,
) -> None:
    """Pauses an active webhook after its last attempt. When it is resumed, each event has all its attempts again."""
    log, at = container.get(Log), now()
    await log.lock(work, accounts=[account_id])
    raw = await work.raw()
    if await webhooks.pause(raw, account_id, webhook_id, reason, at):
        await cursors.reset(raw, account_id, webhook_id)
        payload = {"webhook_id": str(webhook_id), "reason": reason}
        await log.append(work, account_id, event("webhook.paused", payload), at=at)
    if attempt is not None and await webhooks.hold(raw, account_id, webhook_id):
        await deliveries.insert(raw, account_id, webhook_id, attempt)


async def end(work: UnitOfWork, container: Container, account_id: UUID, webhook_id: UUID) -> bool:
    """Deletes a webhook. Returns True if there was one. Locks the account's stream."""
    log = container.get(Log)
    await log.lock(work, accounts=[account_id])
    raw = await work.raw()
    if not await webhooks.delete(raw, account_id, webhook_id):
        return False
    await coverage.delete_of_webhook(raw, account_id, webhook_id)
    await deliveries.delete_of_webhook(raw, account_id, webhook_id)
    await log.append(work, account_id, event("webhook.deleted", {"webhook_id": str(webhook_id)}))
    return True


async def _erase(context: WorkContext, account_id: UUID, _: Erasure, limit: int) -> bool:
    """Deletes the webhooks first: without them no row is added."""
    raw = context.connection
    for delete in (webhooks.delete_of_account, coverage.delete_of_account, deliveries.delete_of_account):
        if await delete(raw, account_id, limit):
            return True
    return False


async def _purge(context: WorkContext, chat_id: UUID, limit: int) -> bool:
    return len(await context.connection.fetch(coverage.DELETE_OF_STREAM, chat_id, limit)) == limit


WEBHOOKS_OF_ACCOUNT = AccountHook("webhooks", _erase)
PURGE = ChatPurge("webhooks", _purge)
