"""The hook that removes an erased account from its groups and channels, and deletes direct chats of erased accounts."""

from uuid import UUID

from app.modules.accounts_module.extension import AccountHook, Erasure
from app.modules.chats_module.db.cruds.access import find_membership
from app.modules.chats_module.db.cruds.members import find_direct_chat_of_erased, find_shared_chat
from app.modules.chats_module.services.chats import mark_deleted
from app.modules.chats_module.services.deletion import Deletions
from app.modules.chats_module.services.members import leave_erased
from app.modules.chats_module.services.rules import MemberRules
from app.modules.streams_module.services.log import Log
from app.services.context import WorkContext


async def _leave_one(context: WorkContext, account_id: UUID, _: Erasure, limit: int) -> bool:
    """Leaves one group or channel per call, so that its stream is locked briefly. Returns True if it found one.

    A direct chat stays for the other account. Once that one is erased, too, it is deleted.
    """
    chat_id = await find_shared_chat(context.connection, account_id)
    if chat_id is None:
        chat_id = await find_direct_chat_of_erased(context.connection, account_id)
    if chat_id is None:
        return False
    log, work = context.container.get(Log), context.work
    await log.lock(work, chats=[chat_id])
    # The chat may have been deleted before the lock was taken.
    membership = await find_membership(context.connection, chat_id, account_id)
    if membership is None:
        return True
    rules = context.container.get(MemberRules)
    if membership.chat_type == "direct" or not await leave_erased(work, log, rules, membership):
        await mark_deleted(work, log, chat_id, account_id)
        work.after_commit(context.container.get(Deletions).wake)
    return True


CHATS_OF_ACCOUNT = AccountHook("chats", _leave_one)
