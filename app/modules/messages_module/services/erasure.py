"""Deletes the messages of an erased account."""

from uuid import UUID

from app.modules.accounts_module.extension import AccountHook, Erasure
from app.modules.messages_module.db.cruds.erasure import find_chat_with_messages, list_messages_of
from app.modules.messages_module.extension import Messages
from app.modules.streams_module.services.log import Log
from app.services.context import WorkContext


async def _erase(context: WorkContext, account_id: UUID, mode: Erasure, limit: int) -> bool:
    """Deletes messages of one chat, which the account may have left. Reactions stay. Returns False when done."""
    if mode == "keep":
        return False
    chat_id = await find_chat_with_messages(context.connection, account_id)
    if chat_id is None:
        return False
    # The chat may have been deleted before the lock was granted. Then the list is empty.
    await context.container.get(Log).lock(context.work, chats=[chat_id])
    seqs = await list_messages_of(context.connection, account_id, chat_id, limit)
    messages = context.container.get(Messages)  # type: ignore[type-abstract]
    await messages.erase(context.work, chat_id, seqs, reason="the account is erased", actor_id=account_id)
    return True


MESSAGES_OF_ACCOUNT = AccountHook("messages", _erase)
