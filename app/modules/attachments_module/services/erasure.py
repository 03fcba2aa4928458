"""What becomes of the files of an account that is erased."""

from uuid import UUID

from app.modules.accounts_module.extension import AccountHook, Erasure
from app.modules.attachments_module.db.cruds import attachments as crud
from app.services.context import WorkContext


async def _erase(context: WorkContext, account_id: UUID, mode: Erasure, limit: int) -> bool:
    """Deletes files that no message carries. Those of messages stay or go with them."""
    return await crud.drop_unused(context.connection, account_id, limit, context.at) == limit


FILES_OF_ACCOUNT = AccountHook("attachments", _erase)
