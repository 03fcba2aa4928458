"""Pauses and deletes single webhooks."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.services.created_by_keys import are_keys_known, without_ended
from app.modules.streams_module.services.log import Log, event, now
from app.modules.webhooks_module.db.cruds import coverage, cursors, deliveries, webhooks
from app.modules.webhooks_module.db.cruds.deliveries import Attempt
from app.modules.webhooks_module.schemas import ServerReason
from app.services.context import WorkContext
from app.utils.container import Container


async def pause(
    work: UnitOfWork, container: Container, webhook: Any, reason: ServerReason, attempt: Attempt | None = None
) -> None:
    """Pauses a webhook after its last attempt, unless it was changed meanwhile.

    When it is resumed, each event has all its attempts again.
    """
    log, at = container.get(Log), now()
    account_id, webhook_id = webhook["account_id"], webhook["id"]
    await log.lock(work, accounts=[account_id])
    raw = await work.raw()
    if await webhooks.pause(raw, webhook, reason, at):
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


async def end_with_key(context: WorkContext, webhook: Mapping[str, Any]) -> bool:
    """Deletes a webhook whose API key is not valid any more. Returns True if the key is not valid."""
    if await without_ended(context, [webhook]):
        return False
    if are_keys_known(context.container):
        await end(context.work, context.container, webhook["account_id"], webhook["id"])
    return True
