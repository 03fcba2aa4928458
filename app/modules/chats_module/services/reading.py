"""Read positions of members."""

from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.chats_module.db.cruds.reading import find_read, move_read
from app.modules.chats_module.schemas import ReadPosition
from app.modules.chats_module.services.access import get_membership
from app.modules.streams_module.services.log import Log, event
from app.resources.constants import SIGNALLED_MEMBERS
from app.services.errors import ValidationFailed


async def mark_read(work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID, seq: int) -> ReadPosition:
    """Moves the account's read position forward and returns it. A smaller `seq` changes nothing.

    If it moved, appends `read.moved` to the account's own stream, and sends a receipt to the members of a small chat.
    Raises ChatNotFound, or ValidationFailed for a `seq` beyond the newest message.
    """
    # Removing a member takes this lock, too: the account stays a member until the commit.
    await log.lock(work, accounts=[account_id])
    raw = await work.raw()
    membership = await get_membership(raw, chat_id, account_id)
    if seq > membership.last_seq:
        raise ValidationFailed(("body", "seq"), f"the newest message has the sequence number {membership.last_seq}")
    if seq > membership.read_seq and await move_read(raw, chat_id, account_id, seq):
        await log.append(work, account_id, event("read.moved", {"chat_id": str(chat_id), "read_seq": seq}))
        if membership.member_count <= SIGNALLED_MEMBERS:
            receipt = {"chat_id": chat_id, "account_id": account_id, "read_seq": seq}
            log.signal(work, "receipt", receipt, chat_id)
    read_seq, unread_count = await find_read(raw, chat_id, account_id)
    return ReadPosition(read_seq=read_seq, unread_count=unread_count)
