"""The quota of files: those of an account count together with those of the accounts that it limits, as its bots."""

from collections.abc import Collection, Mapping
from uuid import UUID

from app.modules.attachments_module.db.cruds import uploads
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.chats_module.extension import find_limits
from app.services.context import Context


async def lock_quotas(context: Context, account_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """Locks what the accounts use, until the end of the transaction. Returns for whose quota each of them counts.

    It is called once in a transaction, for all accounts together: two transactions take them in the same order.
    """
    payers = {account_id: account_id for account_id in account_ids} | await find_limits(context, account_ids)
    await uploads.lock_usage(context.connection, payers)
    return payers


async def reserve(context: Context, payers: Mapping[UUID, UUID], account_id: UUID, size: int) -> bool:
    """Adds to what an account uses. `payers` are from `lock_quotas`. Returns False if the quota is used up."""
    quota = context.container.get(AttachmentSettings).quota_bytes
    return await uploads.reserve(context.connection, account_id, payers[account_id], size, quota)
