"""Chooses the message that an account is notified of, by what the account has set and by what its chats allow."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.modules.chats_module.extension import NotifyLevel, asked_level, find_notify_levels
from app.modules.messages_module.extension import EVERYONE, find_mentions
from app.modules.notifications_module.services.quiet_hours import is_quiet
from app.modules.notifications_module.services.settings import AccountSettings, list_settings
from app.modules.push_module.db.cruds.planning import NewMessage
from app.services.context import Context
from app.utils.module import Modules


async def choose(
    context: Context, chat_id: UUID, chat_type: str, messages: Sequence[NewMessage], read_seqs: Mapping[UUID, int]
) -> dict[UUID, int]:
    """Returns the newest message that notifies each account. Accounts that none of them notifies are left out.

    `messages`: the newest first, of one chat. `read_seqs`: members with their read positions.
    """
    settings = await list_settings(context.connection, context.container.get(Modules), read_seqs)
    levels = await find_notify_levels(context, chat_id, read_seqs)
    mentioned = await find_mentions(context, chat_id, [message.seq for message in messages])
    chosen: dict[UUID, int] = {}
    for account_id, read_seq in read_seqs.items():
        own = settings[account_id]
        level = asked_level(own["push"], chat_type, levels[account_id])
        if level == "none" or is_quiet(own, context.at):
            continue
        for message in messages:
            if message.seq <= read_seq:
                break
            if message.sender_id != account_id and _notifies(message, account_id, level, own, mentioned[message.seq]):
                chosen[account_id] = message.seq
                break
    return chosen


def _notifies(
    message: NewMessage, account_id: UUID, level: NotifyLevel, own: AccountSettings, mentioned: set[UUID]
) -> bool:
    """A message of quiet hours does not notify after them either."""
    is_addressed = level == "all" or account_id in mentioned or EVERYONE in mentioned
    return is_addressed and not is_quiet(own, message.created_at)
