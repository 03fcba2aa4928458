"""Adds and removes reactions: lock, reload, check, then write."""

from uuid import UUID

from app.adapters.db.connection import Connection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.chats_module.services.access import check
from app.modules.messages_module.db.cruds import reactions as crud
from app.modules.messages_module.errors import MessageIsDeleted, TooManyReactions
from app.modules.messages_module.services.changes import check_mark, load
from app.modules.messages_module.services.parts import MessageParts
from app.modules.messages_module.services.permissions import REACT, TAKE_BACK_REACTION
from app.modules.streams_module.services.log import Log, event, now

MAX_EMOJIS = 50
"""Maximum number of different emojis on one message."""
MAX_EMOJIS_OF_ACCOUNT = 20
"""Maximum per account, so that one account cannot use up the limit of the message."""


async def add_reaction(
    work: UnitOfWork, log: Log, parts: MessageParts, chat_id: UUID, account_id: UUID, seq: int, emoji: str
) -> None:
    """Adds a reaction. Repeating it changes nothing."""
    raw, membership, message = await load(work, log, chat_id, account_id, seq)
    check(membership, REACT)
    await check_mark(work, parts, chat_id, account_id)
    if message["deleted_at"] is not None:
        raise MessageIsDeleted
    counts, mine = await _read(raw, chat_id, account_id, seq)
    if emoji in mine:
        return
    if emoji not in counts and len(counts) >= MAX_EMOJIS:
        raise TooManyReactions
    if len(mine) >= MAX_EMOJIS_OF_ACCOUNT:
        raise TooManyReactions(f"An account may add at most {MAX_EMOJIS_OF_ACCOUNT} reactions to a message")
    if not await crud.add(raw, chat_id, seq, emoji, account_id, now()):
        # A process of an older version has added it.
        await crud.write_totals(raw, chat_id, seq, await crud.count(raw, chat_id, seq))
        return
    counts[emoji] = counts.get(emoji, 0) + 1
    await crud.write_totals(raw, chat_id, seq, counts)
    await _append(work, log, "reaction.added", chat_id, seq, emoji, account_id, counts[emoji])


async def remove_reaction(work: UnitOfWork, log: Log, chat_id: UUID, account_id: UUID, seq: int, emoji: str) -> None:
    """Removes a reaction. It changes nothing if there is none."""
    raw, membership, _ = await load(work, log, chat_id, account_id, seq)
    check(membership, TAKE_BACK_REACTION)
    counts, mine = await _read(raw, chat_id, account_id, seq)
    if not await crud.remove(raw, chat_id, seq, emoji, account_id):
        return
    if emoji in mine:
        counts[emoji] -= 1
    else:
        # A process of an older version had added it.
        counts = await crud.count(raw, chat_id, seq)
    await crud.write_totals(raw, chat_id, seq, counts)
    await _append(work, log, "reaction.removed", chat_id, seq, emoji, account_id, counts.get(emoji, 0))


async def _read(raw: Connection, chat_id: UUID, account_id: UUID, seq: int) -> tuple[dict[str, int], set[str]]:
    """Returns how many accounts have given each emoji, and those that this account has given."""
    reactions = await crud.list_reactions(raw, chat_id, account_id, seq)
    counts = {reaction["emoji"]: reaction["count"] for reaction in reactions}
    return counts, {reaction["emoji"] for reaction in reactions if reaction["mine"]}


async def _append(
    work: UnitOfWork, log: Log, kind: str, chat_id: UUID, seq: int, emoji: str, account_id: UUID, count: int
) -> None:
    data = {"chat_id": str(chat_id), "seq": seq, "emoji": emoji, "account_id": str(account_id), "count": count}
    await log.append(work, chat_id, event(kind, data))
