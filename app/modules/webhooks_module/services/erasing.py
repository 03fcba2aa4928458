"""Deletes webhooks of erased accounts and of strangers, and cursors in deleted chats."""

from datetime import datetime
from uuid import UUID

from app.modules.accounts_module.extension import AccountHook, Erasure, OwnerHook
from app.modules.chats_module.extension import ChatPurge
from app.modules.jobs_module.extension import Jobs
from app.modules.webhooks_module.db.cruds import coverage, deliveries, webhooks
from app.modules.webhooks_module.services.delivering import DELIVER
from app.modules.webhooks_module.services.ending import end
from app.modules.webhooks_module.services.following import CATCH_UP, SWEEP_ONE
from app.services.context import WorkContext


async def _erase(context: WorkContext, account_id: UUID, _: Erasure, limit: int) -> bool:
    """Deletes the webhooks first: without them no row is added."""
    raw, jobs = context.connection, context.container.get(Jobs)
    for job in (DELIVER, CATCH_UP, SWEEP_ONE):
        await jobs.remove(context.work, job, account_id)
    for delete in (webhooks.delete_of_account, coverage.delete_of_account, deliveries.delete_of_account):
        if await delete(raw, account_id, limit):
            return True
    return False


async def _end_earlier(context: WorkContext, account_id: UUID, before: datetime | None) -> None:
    """Another person may have created them, and would go on to read what the owner reads."""
    for webhook in await webhooks.list_of(context.connection, account_id, None):
        if before is None or webhook["created_at"] < before:
            await end(context.work, context.container, account_id, webhook["id"])


async def _purge(context: WorkContext, chat_id: UUID, limit: int) -> bool:
    return len(await context.connection.fetch(coverage.DELETE_OF_STREAM, chat_id, limit)) == limit


WEBHOOKS_OF_ACCOUNT = AccountHook("webhooks", _erase)
NEW_OWNER = OwnerHook("webhooks", _end_earlier)
PURGE = ChatPurge("webhooks", _purge)
