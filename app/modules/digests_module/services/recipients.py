"""Whom digests may go to, and which messages they may show."""

from collections.abc import Collection, Sequence
from uuid import UUID

from app.modules.accounts_module.extension import AddressProof, list_absent
from app.modules.accounts_module.services.mailboxes import find_mail_address
from app.modules.chats_module.extension import asked_level, find_notify_levels
from app.modules.messages_module.extension import EVERYONE, find_mentions
from app.modules.notifications_module.services.settings import AccountSettings
from app.services.context import Context, WorkContext
from app.utils.module import Modules


async def find_recipient(context: WorkContext, account_id: UUID) -> str | None:
    """Returns the address of the account if it is verified, and if the owner of the account is not leaving."""
    if await list_absent(context, [account_id]):
        return None
    for proof in context.container.get(Modules).contributions(AddressProof):
        if await proof.is_verified(context, account_id):
            return await find_mail_address(context.work, account_id)
    return None


async def list_mailable(
    context: Context,
    account_id: UUID,
    settings: AccountSettings,
    chat_id: UUID,
    chat_type: str,
    seqs: Sequence[int],
) -> Collection[int]:
    """Returns those of the messages that the account wants to be mailed, by its settings and by those of the chat."""
    levels = await find_notify_levels(context, chat_id, [account_id])
    level = asked_level(settings["email"], chat_type, levels[account_id])
    if level != "mentions":
        return seqs if level == "all" else ()
    mentions = await find_mentions(context, chat_id, seqs)
    return {seq for seq in seqs if not mentions[seq].isdisjoint((account_id, EVERYONE))}
