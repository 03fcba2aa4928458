"""The hook that removes an erased account from its groups and channels."""

from uuid import UUID

from app.modules.accounts_module.extension import AccountHook, Erasure
from app.modules.chats_module.db.cruds.access import find_membership
from app.modules.chats_module.db.cruds.members import find_shared_chat
from app.modules.chats_module.services.chats import mark_deleted
from app.modules.chats_module.services.deletion import Deletions
from app.modules.chats_module.services.members import leave_erased
from app.modules.chats_module.services.rules import MemberRules
from app.modules.streams_module.services.log import Log
from app.services.context import WorkContext


async def _leave_one(context: WorkContext, account_id: UUID, _: Erasure, limit: int) -> bool:
    """Leaves one group or channel per call, so that its stream is locked briefly. Returns True if it found one.

    Direct chats stay, for the other account.
    """
    chat_id = await find_shared_chat(context.connection, account_id)
    if chat_id is None:
        return False
    log, work = context.container.get(Log), context.work
    await log.lock(work, chats=[chat_id])
    # The chat may have been deleted before the lock was taken.
    membership = await find_membership(context.connection, chat_id, account_id)
    if membership is not None and not await leave_erased(work, log, context.container.get(MemberRules), membership):
        await mark_deleted(work, log, chat_id, account_id)
        work.after_commit(context.container.get(Deletions).wake)
    return True


CHATS_OF_ACCOUNT = AccountHook("chats", _leave_one)
