"""Removes the name of an erased account from forwards of its messages."""

from contextlib import suppress
from uuid import UUID

from app.modules.accounts_module.extension import AccountHook, Erasure
from app.modules.forwards_module import db
from app.modules.forwards_module.services.part import FORWARDED_FROM
from app.modules.messages_module.errors import MessageNotFound
from app.modules.messages_module.extension import Messages
from app.modules.messages_module.services.views import MessageViews
from app.modules.streams_module.services.log import Log
from app.services.context import WorkContext


async def _erase(context: WorkContext, account_id: UUID, _: Erasure, limit: int) -> bool:
    """Works on one chat at a time. The forwards themselves belong to their senders and stay."""
    chat_id = await db.find_chat_with_forwards(context.connection, account_id)
    if chat_id is None:
        return False
    await context.container.get(Log).lock(context.work, chats=[chat_id])
    messages = context.container.get(Messages)  # type: ignore[type-abstract]
    views = context.container.get(MessageViews)
    for seq in await db.forget_author(context.connection, account_id, chat_id, limit):
        # In a deleted chat the message may be purged already.
        with suppress(MessageNotFound):
            message = await views.for_event(context.connection, chat_id, seq)
            if shown := message[FORWARDED_FROM.name]:
                await messages.set_part(context.work, chat_id, seq, FORWARDED_FROM.name, shown | {"sender_name": ""})
    return True


NAMES_OF_ACCOUNT = AccountHook("forwards", _erase)
